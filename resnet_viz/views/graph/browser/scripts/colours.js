// A picture coloured by measured values, kept on the window by their group: nothing is laid out or mounted anew.

const VALUES = "resnet-viz-values"
const DARK_INK = "#111111"
const LIGHT_INK = "#FFFFFF"
const ABSENT_FILL = "#B0B0B0" // as in the heat maps
const MOST_STRIPES = 48
const PARTS = {
  input: "gradient at its input",
  shortcut: "through the shortcut",
  branch: "through the branch",
}

// A picture that is out of sight gets its colours when it is looked at, or printed.
export function watchValues(chart) {
  chart.isSeen = true
  chart.onValues = ({ detail }) => {
    if (detail.group !== chart.group) return
    chart.isLate = true
    if (chart.isSeen) catchUp(chart)
  }
  document.addEventListener(VALUES, chart.onValues)
  chart.sight = new IntersectionObserver((entries) => {
    chart.isSeen = entries.at(-1).isIntersecting
    if (chart.isSeen) catchUp(chart)
  })
  chart.sight.observe(chart.picture)
  chart.onPrint = () => catchUp(chart)
  window.addEventListener("beforeprint", chart.onPrint)
}

function catchUp(chart) {
  if (chart.isLate) paint(chart)
}

export function forgetValues(chart) {
  document.removeEventListener(VALUES, chart.onValues)
  window.removeEventListener("beforeprint", chart.onPrint)
  chart.sight.disconnect()
}

// What can have a colour, found once a picture.
export function indexColours(chart) {
  const all = (selector) => [...chart.svg.querySelectorAll(selector)]
  const boxes = all(":is(.stem, .block, .folded, .operation, .head)[data-node]")
  chart.boxes = boxes.map((g) => {
    const { node, unit } = g.dataset
    const names = g.classList.contains("operation") ? [node] : expanded(unit)
    return { g, text: g.querySelector("text"), names, stops: null, last: null }
  })
  for (const [number, box] of chart.boxes.entries()) if (box.names.length > 1) addStripes(chart, box, number)
  chart.frames = all(".opened[data-unit] > rect")
  chart.flows = all(".flow").map((path) => {
    const [, unit, part] = path.dataset.flow.match(/^(.*)\.(\w+)$/)
    return { path, names: expanded(unit).map((name) => `${name}.${part}`), last: "" }
  })
}

// The blocks that a node stands for: "stages.0.1-3" is three.
export function expanded(unit) {
  const [, stage, first, last] = unit.match(/^(stages\.\d+)\.(\d+)-(\d+)$/) ?? []
  if (!stage) return [unit]
  return Array.from({ length: last - first + 1 }, (_, i) => `${stage}.${Number(first) + i}`)
}

// A run of blocks that is drawn as one shows the colour of each, in order, as far as there is room.
function addStripes(chart, box, number) {
  const gradient = svgElement("linearGradient", { id: `run-${number}` })
  const count = Math.min(MOST_STRIPES, box.names.length)
  box.shown = Array.from({ length: count }, (_, i) => box.names[Math.floor((i * box.names.length) / count)])
  box.stops = box.shown.map((_, i) => {
    const pair = [i, i + 1].map((edge) => svgElement("stop", { offset: edge / count }))
    gradient.append(...pair)
    return pair
  })
  box.fill = `url(#run-${number})`
  chart.svg.querySelector("defs").append(gradient)
}

export function svgElement(name, attributes) {
  const one = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  return one
}

export function paint(chart) {
  chart.isLate = false
  const told = window.resnetVizValues?.[chart.group]
  const mine = told?.graphs[chart.member]
  if (!chart.svg || !mine) return
  chart.told = told
  chart.mine = mine
  for (const box of chart.boxes) paintBox(told, mine.nodes, box)
  for (const rect of chart.frames) {
    const look = lookOf(told, told.nodes, mine.nodes[rect.parentElement.dataset.unit])
    Object.assign(rect.style, { stroke: look?.colour ?? "", strokeWidth: look ? 4 : "" })
  }
  chart.svg.classList.toggle("flowing", Boolean(told.lines))
  for (const flow of chart.flows) paintFlow(told, mine.lines, flow)
  chart.said.textContent = mine.said
  if (chart.under && !chart.words.hidden) chart.reword()
}

// Only what has changed is written: each style that is set is computed anew.
function paintBox(told, values, box) {
  const { g, text, names, stops, shown, fill } = box
  const look = stops ? null : lookOf(told, told.nodes, values[names[0]])
  const looks = stops?.map((_, i) => lookOf(told, told.nodes, values[shown[i]]))
  looks?.forEach((one, i) => { for (const stop of stops[i]) stop.style.stopColor = one?.colour ?? "#808080" })
  const isMeasured = Boolean(look ?? looks?.some(Boolean))
  const now = isMeasured ? (look?.fill ?? fill) : ""
  if (now === box.last) return
  box.last = now
  g.style.fill = now
  const kind = !isMeasured ? "unmeasured" : (look?.mark ?? look?.ink ?? "run")
  if (kind === box.kind) return
  box.kind = kind
  g.classList.toggle("unmeasured", !isMeasured)
  g.style.stroke = kind === "not-finite" ? look.colour : ""
  text.style.fill = isMeasured ? (look?.ink ?? DARK_INK) : ""
  const halo = { paintOrder: "stroke", stroke: LIGHT_INK, strokeWidth: "4px" }
  Object.assign(text.style, isMeasured && !look?.ink ? halo : { stroke: "" })
}

// A run of lines has the colour of the largest; without a scale lines lose what colour they had.
function paintFlow(told, values, flow) {
  const { path, names } = flow
  const value = names.length === 1 ? values[names[0]] : largest(names.map((name) => values[name]).filter(isTold))
  const now = (told.lines && lookOf(told, told.lines, value)?.colour) ?? ""
  if (now !== flow.last) path.style.stroke = flow.last = now
}

function isTold(value) {
  return value !== undefined
}

// Words for why there is no value ("no gradient"), in its place.
export function isAbsent(value) {
  return typeof value === "string" && !["NaN", "Infinity", "-Infinity"].includes(value)
}

export function largest(values) {
  const there = values.filter((value) => !isAbsent(value))
  if (!there.length && values.length) return values[0]
  const numbers = there.map(Number)
  return numbers.some(Number.isNaN) ? NaN : numbers.length ? Math.max(...numbers) : undefined
}

// How a value looks: a colour of the ramp, or the mark of what is on no scale; null: not measured.
function lookOf({ ramp }, { low, high, is_log }, told) {
  if (!isTold(told)) return null
  if (isAbsent(told)) return { mark: "absent", fill: ABSENT_FILL, colour: ABSENT_FILL, ink: DARK_INK }
  const value = Number(told)
  if (!Number.isFinite(value)) return { mark: "not-finite", fill: "url(#not-finite)", colour: "#C4332B" }
  if (is_log && value === 0) return { mark: "zero", fill: "url(#zero)", colour: "#FFFFFF" }
  const at = is_log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
  const place = Math.min(1, Math.max(0, at)) * (ramp.length - 1)
  const index = Math.min(ramp.length - 2, Math.floor(place))
  const rgb = ramp[index].map((from, i) => Math.round(from + (place - index) * (ramp[index + 1][i] - from)))
  const colour = `rgb(${rgb.join(", ")})`
  return { fill: colour, colour, ink: luminance(rgb) > 0.179 ? DARK_INK : LIGHT_INK }
}

// Of WCAG 2; ink changes where both would have the same contrast.
function luminance(rgb) {
  const [red, green, blue] = rgb.map((one) => {
    const share = one / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

// The values of what is under the pointer, a line each.
export function valueWords(chart, element) {
  const { told, mine } = chart
  if (!mine || !element.dataset) return ""
  const { node, unit } = element.dataset
  const isOperation = element.classList.contains("operation")
  const names = isOperation ? [node] : expanded(unit)
  const said = [line(told.nodes.title, names.map((name) => mine.nodes[name]))]
  if (told.lines && !isOperation) {
    for (const [part, title] of Object.entries(PARTS)) {
      said.push(line(title, names.map((name) => mine.lines[`${name}.${part}`])))
    }
  }
  return said.filter(Boolean).map((text) => `\n${text}`).join("")
}

function line(title, values) {
  const told = values.filter(isTold)
  if (!told.length) return ""
  const absent = told.filter(isAbsent)
  const known = told.filter((value) => !isAbsent(value)).map(Number)
  if (told.length === 1) return absent.length ? `${title}: ${absent[0]}` : `${title} ${number(known[0])}`
  const finite = known.filter(Number.isFinite)
  const rest = known.length - finite.length
  const range = finite.length ? `${number(Math.min(...finite))} to ${number(Math.max(...finite))}` : ""
  const reasons = [...new Set(absent)].map((words) => `${absent.filter((one) => one === words).length} ${words}`)
  return `${title} ${[range, rest && `${rest} not finite`, ...reasons].filter(Boolean).join(", ")}`
}

function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN (not finite)" : "infinite"
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(2)
  return Number(value.toPrecision(3)).toLocaleString("en")
}
