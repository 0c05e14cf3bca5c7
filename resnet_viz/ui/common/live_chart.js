// A plotly figure that is updated in place: one plot a mount, Plotly.react for each update that has
// the same axes. Python sends a figure once, then what has changed (drawn.py); it is kept here.
// Called again with all news, and by Streamlit with every change of theme; cleaned up on unmount.

const charts = new WeakMap()
const figures = new Map() // by chart: { version, tree }; it outlives a mount
const MOST_FIGURES = 12
const brightnesses = new Map()
const PATIENCE = 1500 // ms; what has no answer by then is said again (Streamlit may drop it)
const PLOTLY = "app/static/plotly.min.js"
const SMALL_TEXT = 14, LARGE_TEXT = 20 // pixels, in windows of these widths:
const SMALL_WINDOW = 1400, LARGE_WINDOW = 1920
const NARROW = 500
const MOVING = ["x", "y", "z"] // what of a trace may change while its plot stays
const POINT = "resnet-viz-point" // what is pointed at, in whichever plot: a path of a layer or block

export default function ({ data, isNews, parentElement, setTriggerValue }, appRoot) {
  const chart = charts.get(parentElement) ?? mount(parentElement)
  chart.data = data
  chart.tell = setTriggerValue
  const isHere = receive(chart)
  // News leave it as large and as coloured as it is: to ask costs the page a layout.
  if (!isNews || !chart.theme) {
    chart.theme = themeOf(chart.div)
    makeRoom(chart)
  }
  if (isHere) {
    loadPlotly(appRoot, data.plotly).then(
      (plotly) => drawWhatIsNew(plotly, chart),
      (error) => explain(chart, error),
    )
  }
  return () => unmount(parentElement, chart)
}

// Puts the news in. Where they begin with a figure that is not the one here, asks for the whole.
function receive(chart) {
  const { name, version, base, news } = chart.data
  const kept = figures.get(name)
  if (kept?.version !== version) {
    if (base && base !== kept?.version) return ask(chart)
    const parsed = parse(news)
    chart.isMoved &&= Boolean(base) && parsed.every(movesTrace)
    const tree = base ? changed(kept.tree, parsed) : parsed
    figures.delete(name) // the newest is the last
    figures.set(name, { version, tree })
    if (figures.size > MOST_FIGURES) figures.delete(figures.keys().next().value)
  }
  clearTimeout(chart.asking)
  chart.asking = 0
  return true
}

function ask(chart) {
  if (!chart.asking) {
    chart.tell("lack", `${chart.data.version} ${performance.now()}`)
    chart.asking = setTimeout(() => {
      chart.asking = 0
      if (chart.alive) ask(chart)
    }, PATIENCE)
  }
  return false
}

// Whether a change is one of a trace's numbers, and of no more.
function movesTrace([path]) {
  return path.length === 3 && path[0] === "data" && MOVING.includes(path[2])
}

const KINDS = {
  int8: Int8Array, int16: Int16Array, int32: Int32Array, uint8: Uint8Array, uint16: Uint16Array,
  uint32: Uint32Array, float32: Float32Array, float64: Float64Array,
}

// An array of numbers with one or two axes, and how plotly takes it.
class Numbers {
  constructor(values, shape) {
    Object.assign(this, { values, shape })
    const [rows, columns] = shape
    this.shown = shape.length === 1 ? values : Array.from({ length: rows }, (_, row) =>
      values.subarray(row * columns, (row + 1) * columns))
  }

  // The first `kept` of the last axis, then those of `end`.
  ended(kept, end) {
    const columns = this.shape.at(-1), more = end.shape.at(-1), width = kept + more
    const rows = this.shape.length === 1 ? 1 : this.shape[0]
    const values = new this.values.constructor(rows * width)
    for (let row = 0; row < rows; row++) {
      values.set(this.values.subarray(row * columns, row * columns + kept), row * width)
      values.set(end.values.subarray(row * more, (row + 1) * more), row * width + kept)
    }
    return new Numbers(values, [...this.shape.slice(0, -1), width])
  }
}

function parse(text) {
  return JSON.parse(text, (key, value) => {
    if (typeof value?.numbers !== "string") return value
    const bytes = Uint8Array.from(atob(value.numbers), (letter) => letter.charCodeAt(0))
    return new Numbers(new KINDS[value.dtype](bytes.buffer), value.shape)
  })
}

function changed(tree, changes) {
  for (const [path, kind, ...what] of changes) {
    const last = path.at(-1)
    const part = path.slice(0, -1).reduce((whole, key) => whole[key], tree)
    if (kind === "set") part[last] = what[0]
    else if (kind === "drop") delete part[last]
    else part[last] = part[last].ended(...what)
  }
  return tree
}

// A copy for plotly, which writes into what it is given; the numbers are not copied.
function copied(value, recolour, key = "") {
  if (value instanceof Numbers) return value.shown
  if (Array.isArray(value)) return value.map((one) => copied(one, recolour, key))
  if (value && typeof value === "object") {
    const parts = Object.entries(value).map(([name, one]) => [name, copied(one, recolour, name)])
    return Object.fromEntries(parts)
  }
  return recolour(key, value)
}

// What plotly is told beside the figure: the same object as long as the letters have one colour, for
// Plotly.react builds a plot anew, and then once more, where it finds another.
function configOf(chart, letters) {
  if (chart.letters !== letters) {
    chart.letters = letters
    chart.config = {
      displaylogo: false,
      displayModeBar: "hover",
      doubleClickDelay: 400,
      // Nothing leaves the machine.
      showSendToCloud: false,
      plotlyServerURL: "",
      modeBarButtonsToAdd: fileButtons(chart, letters),
      modeBarButtonsToRemove: ["toImage", "sendChartToCloud", "select2d", "lasso2d", "resetScale2d"],
    }
  }
  return chart.config
}

// Buttons that save the plot; what they need is loaded with the first press.
function fileButtons(chart, letters) {
  const own = new URL(import.meta.url)
  const address = new URL(`chart_files.js${own.search}`, own).href
  return [["png", "as a picture (PNG)"], ["svg", "as a drawing (SVG)"], ["html", "as a page (HTML)"]].map(
    ([kind, words]) => ({
      name: `save-${kind}`,
      title: `Save ${words}`,
      icon: { svg: badge(kind.toUpperCase(), letters) },
      click: () => import(address).then((files) => files.save(chart, kind)),
    }),
  )
}

function badge(word, colour) {
  const text = `<text x="20" y="17" text-anchor="middle" font-size="15" font-weight="600" fill="${colour}">${word}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 24" width="40" height="24">${text}</svg>`
}

// Colours of the dark theme in place of the light one's: "#RRGGBB", or that as rgba with its share.
function darkened(dark) {
  return (key, value) => {
    if (typeof value !== "string" || !/color$/i.test(key)) return value
    const [, red, green, blue, share] = value.match(/^rgba\((\d+),(\d+),(\d+),([\d.]+)\)$/) ?? []
    if (!share) return dark[value.toUpperCase()] ?? value
    const hex = (number) => Math.round(number).toString(16).padStart(2, "0").toUpperCase()
    const found = dark[`#${[red, green, blue].map(hex).join("")}`]
    return found ? `${found}${hex(255 * share)}` : value
  }
}

function mount(parentElement) {
  const div = parentElement.querySelector(".resnet-viz-chart")
  const chart = { div, data: null, width: 0, alive: true, drawn: null, axes: "" }
  Object.assign(chart, { held: false, waiting: false, zoomed: new Set(), asking: 0, looks: "", version: "" })
  Object.assign(chart, { isSeen: true, isLate: false, isMoved: false, theme: null, letters: null, config: null })
  chart.release = () => setTimeout(() => release(chart))
  div.onpointerdown = () => { chart.held = true }
  for (const event of ["pointerup", "pointercancel"]) window.addEventListener(event, chart.release)
  chart.follow = ({ detail }) => follow(chart, detail)
  document.addEventListener(POINT, chart.follow)
  chart.observer = new ResizeObserver(() => fit(chart))
  chart.observer.observe(div)
  chart.watcher = new IntersectionObserver((entries) => {
    chart.isSeen = entries.at(-1).isIntersecting
    if (chart.isSeen) catchUp(chart)
  })
  chart.watcher.observe(div)
  chart.print = () => catchUp(chart)
  window.addEventListener("beforeprint", chart.print)
  charts.set(parentElement, chart)
  return chart
}

function unmount(parentElement, chart) {
  chart.alive = false
  clearTimeout(chart.asking)
  chart.observer.disconnect()
  chart.watcher.disconnect()
  window.removeEventListener("beforeprint", chart.print)
  document.removeEventListener(POINT, chart.follow)
  for (const event of ["pointerup", "pointercancel"]) window.removeEventListener(event, chart.release)
  charts.delete(parentElement)
  // Not in the middle of a drawing: plotly goes on with it and would find nothing there.
  chart.drawn?.finally(() => window.Plotly.purge(chart.div))
}

// One script element for all charts, also across pages: its promise is kept on the window.
function loadPlotly(appRoot, version) {
  window.resnetVizPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL(`${PLOTLY}?v=${version}`, appRoot).href
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(Error(script.src)))
    script.onerror = () => reject(Error(script.src))
    document.head.append(script)
  })
  return window.resnetVizPlotly
}

// A drawing in the middle of a drag would end the drag: it waits until the button is released.
function release(chart) {
  chart.held = false
  if (chart.waiting) draw(window.Plotly, chart)
}

// A message without news, as one that changes nothing on the page, is no reason to draw. News of a
// plot that is out of sight wait until it is looked at, or printed; but for its first points.
function drawWhatIsNew(plotly, chart) {
  const { name, version, alt, height } = chart.data
  const looks = JSON.stringify([name, height, chart.theme])
  const isNew = version !== chart.version
  const isElse = looks !== chart.looks
  Object.assign(chart, { version, looks })
  chart.div.setAttribute("aria-label", alt)
  chart.isMoved &&= !isElse
  const isEmpty = !chart.div._fullData?.some(({ visible }) => visible === true)
  if (isElse || (isNew && (chart.isSeen || isEmpty))) draw(plotly, chart)
  else if (isNew) chart.isLate = true
}

function catchUp(chart) {
  if (chart.isLate) draw(window.Plotly, chart)
}

function draw(plotly, chart) {
  chart.waiting = chart.held
  if (!chart.alive || chart.held) return
  const { name, clickable } = chart.data
  chart.isLate = false
  const { tree } = figures.get(name)
  if (chart.isMoved && moveTraces(chart, tree)) return
  const { theme } = chart
  makeRoom(chart)
  const { data, layout } = copied(
    { data: tree.data, layout: tree.layout },
    theme.isDark ? darkened(tree.dark) : (key, value) => value,
  )
  chart.width = chart.div.clientWidth
  if (chart.width && chart.width < NARROW) merge(layout, layout.meta?.narrow ?? {})
  layout.template = theme.template
  enlarge(data, layout)
  // Axes that are new to it Plotly.react draws once before it has placed them: "MNaN,NaNHNaN".
  const axes = Object.keys(layout).filter((key) => /^[xy]axis/.test(key)).sort().join()
  const isAnew = axes !== chart.axes
  chart.axes = axes
  // What shows something else is not to be shown in the zoom of what was there.
  const revision = `${name} ${layout.uirevision}`
  if (isAnew || chart.revision !== revision) chart.zoomed.clear()
  chart.revision = layout.uirevision = revision
  keepZoom(chart, layout)
  layout.height = tall(chart)
  layout.width = chart.width || undefined
  chart.drawn = plotly[isAnew ? "newPlot" : "react"](
    chart.div, data, layout, configOf(chart, theme.template.layout.font.color),
  )
  // The label says it; tick by tick it would only be noise.
  for (const svg of chart.div.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", true)
  if (isAnew) watchZoom(chart)
  if (isAnew) watchPointer(chart)
  mark(chart)
  chart.isMoved = true // until something else is new
  if (isAnew && clickable) watchClicks(chart)
}

// Where nothing but numbers of traces has changed, the traces alone are drawn: axes, legend and words
// stay. Plotly.react would work all of them out again, which takes three times as long. False where
// there is a trace that plotly has not drawn yet, that is hidden, or that its axes' ends follow.
function moveTraces({ div }, tree) {
  const moved = tree.data.flatMap((trace, i) =>
    MOVING.some((axis) => shown(trace[axis]) !== div.data[i][axis]) ? [i] : [])
  if (!moved.every((i) => isThere(div, div._fullData[i]))) return false
  for (const i of moved) moveTrace(div, i, tree.data[i])
  const { _basePlotModules, _rehover } = div._fullLayout
  if (moved.length) _basePlotModules.find(({ name }) => name === "cartesian").plot(div, moved)
  _rehover?.() // what is said under the pointer, too
  return true
}

function isThere({ _fullLayout }, { visible, type, xaxis, yaxis }) {
  const isFixed = (axis) => !_fullLayout[axis.replace(/^[xy]/, "$&axis")].autorange
  return visible === true && ["scatter", "heatmap"].includes(type) && isFixed(xaxis) && isFixed(yaxis)
}

function moveTrace(div, i, trace) {
  const full = div._fullData[i]
  for (const axis of MOVING) {
    if (axis in trace) full[axis] = div.data[i][axis] = shown(trace[axis])
  }
  if (full.type === "scatter") full._length = Math.min(full.x.length, full.y.length)
  const [before] = div.calcdata[i]
  div.calcdata[i] = full._module.calc(div, full)
  Object.assign(div.calcdata[i][0], { trace: full, t: before.t })
}

function shown(value) {
  return value instanceof Numbers ? value.shown : value
}

// How much larger than on a desk: a hall's screen is far away.
function enlargement() {
  const share = (window.innerWidth - SMALL_WINDOW) / (LARGE_WINDOW - SMALL_WINDOW)
  const size = SMALL_TEXT + (LARGE_TEXT - SMALL_TEXT) * Math.min(1, Math.max(0, share))
  return size / SMALL_TEXT
}

function tall({ data: { name, height }, div }) {
  const heights = figures.get(name)?.tree.layout.meta?.heights ?? [1, 1]
  const width = div.clientWidth
  const factor = heights[width && width < NARROW ? 1 : 0]
  return Math.round(height * factor * (1 + 0.6 * (enlargement() - 1)))
}

// Streamlit's boxes around the chart have the height that Python gave, and the chart may be taller.
function makeRoom(chart) {
  const height = `${tall(chart)}px`
  const outermost = chart.div.closest("[data-testid=stElementContainer]")
  for (let box = chart.div; box; box = box === outermost ? null : box.parentElement) {
    box.style.height = box.style.flexBasis = height
  }
}

// Texts, margins and marks; a figure's sizes are those of small windows.
function enlarge(data, layout) {
  const factor = enlargement()
  const grow = (thing, ...keys) => {
    for (const key of keys) if (typeof thing?.[key] === "number") thing[key] *= factor
  }
  layout.font = { ...layout.font, size: (layout.font?.size ?? SMALL_TEXT) * factor }
  layout.hoverlabel = { ...layout.hoverlabel, font: { ...layout.hoverlabel?.font } }
  layout.hoverlabel.font.size = layout.font.size
  grow(layout.margin, "l", "r", "t", "b")
  for (const note of layout.annotations ?? []) {
    grow(note, "xshift", "yshift")
    grow(note.font, "size")
  }
  for (const [key, part] of Object.entries(layout)) {
    if (/^[xy]axis/.test(key)) grow(part.title?.font, "size")
    if (key === "coloraxis") grow(part.colorbar?.title?.font, "size")
  }
  for (const trace of data) {
    grow(trace.line, "width")
    grow(trace.marker, "size")
    grow(trace.marker?.line, "width")
  }
}

function merge(target, changes) {
  for (const [key, value] of Object.entries(changes)) {
    const isPart = value && typeof value === "object" && !Array.isArray(value)
    if (isPart && target[key]) merge(target[key], value)
    else target[key] = value
  }
}

function watchClicks(chart) {
  chart.div.on("plotly_click", ({ points }) => {
    const data = points[0]?.customdata
    const said = Array.isArray(data) ? data[0] : data
    if (said != null) chart.tell("point", String(said))
  })
}

// Says which layer or block is pointed at, where an axis of the figure has such (meta.places: axis ->
// path -> positions), so that every other plot marks it.
function watchPointer(chart) {
  const say = (name) => document.dispatchEvent(
    new CustomEvent(POINT, { detail: { name, source: chart.data.name } }))
  chart.div.on("plotly_hover", ({ points: [point] }) => {
    const places = placesOf(chart)
    const of = (axis) => axis && Object.entries(places[axis._name] ?? {}).find(([, positions]) =>
      positions.includes(axis === point.xaxis ? point.x : point.y))?.[0]
    const name = of(point.xaxis) ?? of(point.yaxis)
    if (name) say(name)
  })
  chart.div.on("plotly_unhover", () => say(null))
}

function placesOf(chart) {
  return figures.get(chart.data.name)?.tree.layout.meta?.places ?? {}
}

function follow(chart, { name, source }) {
  chart.pointed = source === chart.data.name ? null : name
  mark(chart)
}

// A light ground behind the position of what is pointed at elsewhere: the layer itself, a block's
// layers, or the block that holds the layer.
function mark(chart) {
  for (const old of chart.div.querySelectorAll(".resnet-viz-chart-mark")) old.remove()
  const { pointed, div } = chart
  if (!pointed || !div._fullLayout) return
  for (const [key, names] of Object.entries(placesOf(chart))) {
    const axis = div._fullLayout[key]
    const positions = Object.entries(names).filter(([name]) =>
      name === pointed || name.startsWith(`${pointed}.`) || pointed.startsWith(`${name}.`),
    ).flatMap(([, own]) => own)
    const crossing = div._fullLayout[axis?.anchor?.replace(/^([xy])/, "$1axis")]
    if (!positions.length || !axis._length || !crossing) continue
    const ends = [Math.min(...positions) - 0.5, Math.max(...positions) + 0.5].map((p) => axis.l2p(p))
    const from = Math.max(0, Math.min(...ends)), to = Math.min(axis._length, Math.max(...ends))
    if (to <= from) continue
    const [across, along] = key[0] === "x" ? ["left", "top"] : ["top", "left"]
    const [size, length] = key[0] === "x" ? ["width", "height"] : ["height", "width"]
    const ground = document.createElement("div")
    ground.className = "resnet-viz-chart-mark"
    ground.dataset.name = pointed
    ground.style[across] = `${axis._offset + from}px`
    ground.style[size] = `${to - from}px`
    ground.style[along] = `${crossing._offset}px`
    ground.style[length] = `${crossing._length}px`
    div.append(ground)
  }
}

// Plotly's uirevision keeps a zoom only until a figure comes with another range of its own, as
// when the data widen an axis. The axes that the viewer has zoomed are therefore kept here.
function watchZoom(chart) {
  chart.div.on("plotly_doubleclick", () => {
    chart.zoomed.clear()
    tellWindow(chart, null)
  })
  chart.div.on("plotly_relayout", (changes) => {
    for (const change of Object.keys(changes)) {
      const [, axis, what] = change.match(/^([xy]axis\d*)\.(range|autorange)/) ?? []
      if (what === "range") chart.zoomed.add(axis)
      if (what === "autorange") chart.zoomed.delete(axis)
    }
    const [axis] = Object.keys(changes).map((one) => one.match(/^xaxis\d*(?=\.)/)?.[0]).filter(Boolean)
    if (axis) tellWindow(chart, chart.zoomed.has(axis) ? [...chart.div.layout[axis].range] : null)
  })
}

// Of a figure that leaves steps out Python is told which are looked at, so that it sends those.
function tellWindow(chart, range) {
  if (!figures.get(chart.data.name)?.tree.layout.meta?.thinned) return
  clearTimeout(chart.telling)
  chart.telling = setTimeout(() => chart.alive && chart.tell("window", { range }), 150)
}

function keepZoom(chart, layout) {
  for (const axis of chart.zoomed) {
    layout[axis] = { ...layout[axis], range: [...chart.div.layout[axis].range], autorange: false }
  }
}

// Another width is another drawing: texts, and what a narrow chart places elsewhere, go with it.
function fit(chart) {
  const width = chart.div.clientWidth
  if (!chart.alive || !chart.drawn || !width || width === chart.width) return
  chart.width = width
  chart.isMoved = false
  requestAnimationFrame(() => draw(window.Plotly, chart))
}

function explain(chart, error) {
  if (!chart.alive) return
  const message = document.createElement("p")
  message.className = "resnet-viz-chart-message"
  message.textContent =
    `This plot cannot be drawn: the browser could not load plotly from ${error.message}. ` +
    "Reload the page; if that does not help, restart the app."
  chart.div.replaceChildren(message)
}

// Whether the page is dark; colours and fonts as defaults: what a figure sets itself wins.
function themeOf(div) {
  const style = getComputedStyle(div)
  const css = (name) => style.getPropertyValue(`--st-${name}`).trim()
  const [text, border, panel] = ["text-color", "border-color", "secondary-background-color"].map(css)
  const font = { color: text, family: css("font") || "sans-serif", size: SMALL_TEXT }
  const axis = {
    gridcolor: border, linecolor: border, zerolinecolor: border, tickcolor: border,
  }
  const template = {
    data: { heatmap: [{ colorbar: { outlinewidth: 0 } }] },
    layout: {
      font,
      margin: { l: 8, r: 8, t: 36, b: 8 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: axis,
      yaxis: axis,
      hoverlabel: { bgcolor: panel, bordercolor: border, font },
      legend: { bgcolor: "rgba(0,0,0,0)" },
      coloraxis: { colorbar: { outlinewidth: 0 } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: css("primary-color") },
    },
  }
  return { template, isDark: brightness(css("background-color")) < 128 }
}

// 0 to 255, of a colour in any of CSS's spellings; asked with each message, and so kept.
function brightness(colour) {
  if (!brightnesses.has(colour)) brightnesses.set(colour, measuredBrightness(colour))
  return brightnesses.get(colour)
}

function measuredBrightness(colour) {
  const context = document.createElement("canvas").getContext("2d")
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
