// A report of a race: unpacks what was measured and shows it step by step. Nothing is asked for outside.

const GROUP = "report"

const [scene, numbers] = await Promise.all([
  unpack("scene").then((one) => one.json()),
  unpack("numbers").then((one) => one.arrayBuffer()).then((buffer) => new Float32Array(buffer)),
])
const ramp = scene.ramp.map((colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)))
const charts = [...document.querySelectorAll(".graph")].map(mountGraph)
const shown = { quantity: Object.keys(scene.quantities)[0], step: -1 }

controls()
mountPlot(find("profile"), profile)
for (const [id, figure] of Object.entries(scene.figures)) mountPlot(find(id), () => figure)
show(0)
// One transport for all: below the stage everything shows its step.
const onStep = (step) => { if (step !== shown.step) show(step) }
const stage = mount(find("stage"), scene.stage, { onStep })
await plotsInView()
document.body.dataset.ready = "true" // what is in view is there, the slider works, and all can be printed
await allPlots()
document.body.dataset.drawn = "true"

function controls() {
  const select = find("quantity")
  for (const [name, { title }] of Object.entries(scene.quantities)) select.add(new Option(title, name))
  select.onchange = () => {
    shown.quantity = select.value
    show(shown.step)
  }
}

function array([begin, end]) {
  return numbers.subarray(begin, end)
}

// The newest values of a quantity that are not after `step`, or words for why one is not there; null
// where there are none.
function valuesAt(net, name, step) {
  const taken = net.taken[name]
  if (!taken) return null
  const steps = array(taken.steps)
  let row = -1
  while (row + 1 < steps.length && steps[row + 1] <= step) row += 1
  if (row < 0) return null
  const width = taken.names.length
  const [begin] = taken.values
  const of = numbers.subarray(begin + row * width, begin + (row + 1) * width)
  if (!taken.why) return { step: steps[row], names: taken.names, of }
  const why = array(taken.why).subarray(row * width, (row + 1) * width)
  const told = Array.from(of, (value, i) => (why[i] ? scene.states[why[i]] : value))
  return { step: steps[row], names: taken.names, of: told }
}

function show(step) {
  shown.step = step
  find("said").textContent = `step ${step} of ${scene.stage.steps}`
  const graphs = Object.fromEntries(scene.nets.map((net, i) => [i, coloursOf(net, step)]))
  const { nodes } = scene.quantities[shown.quantity]
  window.resnetVizValues = { [GROUP]: { ramp, nodes, lines: scene.lines, graphs } }
  for (const chart of charts) paint(chart)
  legend(document.querySelector(".scale.nodes"), scene.ramp, nodes, "Blocks")
  legend(document.querySelector(".scale.lines"), scene.ramp, scene.lines, "Lines")
  find("left-out").textContent = scene.nets.map(leftOut).join(" ")
  find("about").textContent = scene.quantities[shown.quantity].sentence
  drawAgain(find("profile"))
}

function coloursOf(net, step) {
  const found = valuesAt(net, shown.quantity, step)
  const nodes = {}
  found?.names.forEach((name, i) => {
    const value = found.of[i]
    if (!net.parts) nodes[name] = value
    const unit = net.parts ? (net.parts[name] ?? name) : name.match(/^stages\.\d+\.\d+|^[^.]+/)[0]
    if (net.parts || unit !== name) nodes[unit] = unit in nodes ? largest([nodes[unit], value]) : value
  })
  const lines = {}
  let linesStep = null
  for (const part of ["input", "shortcut", "branch"]) {
    const own = valuesAt(net, `grad_${part}_norm`, step)
    own?.names.forEach((name, i) => { lines[`${name}.${part}`] = own.of[i] })
    linesStep = own?.step ?? linesStep
  }
  const said = [["blocks", found?.step], ["lines", linesStep]]
    .filter(([, at]) => at != null && at !== step)
    .map(([what, at]) => `${what}: step ${at}`)
  return { nodes, lines, said: said.join(", ") }
}

function mountGraph(root) {
  const chart = { root, svg: root.querySelector("div").shadowRoot.querySelector("svg"), group: GROUP, member: root.dataset.net }
  chart.said = root.querySelector(".said")
  chart.words = find("tip")
  for (const title of chart.svg.querySelectorAll("title")) {
    title.parentElement.dataset.words = title.textContent
    title.remove()
  }
  indexColours(chart)
  chart.svg.onpointermove = (event) => explain(chart, event)
  chart.svg.onpointerleave = () => explain(chart, null)
  return chart
}

// The same block is marked in all nets.
function explain(chart, event) {
  const element = event?.target.closest("[data-unit]")
  const unit = element?.dataset.unit
  for (const { svg } of charts) {
    for (const old of svg.querySelectorAll(".hot")) old.classList.remove("hot")
    if (unit) for (const own of svg.querySelectorAll(`[data-unit="${CSS.escape(unit)}"]`)) own.classList.add("hot")
  }
  const tip = find("tip")
  tip.hidden = !element
  chart.under = null
  if (!element) return
  tip.textContent = (element.dataset.words ?? unit).replace(/[;:] /g, "\n") + valueWords(chart, element)
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`
  tip.style.top = `${Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8)}px`
}

function profile() {
  const { layout } = scene.quantities[shown.quantity]
  const common = {
    font: { size: 14 },
    hovermode: "x unified",
    uirevision: shown.quantity,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
  }
  return { data: scene.nets.flatMap(tracesOf), layout: { ...layout, ...common } }
}

function isDrawn(value) {
  return Number.isFinite(value) && (!scene.quantities[shown.quantity].isLog || value > 0)
}

function leftOut(net) {
  const hidden = [...(valuesAt(net, shown.quantity, shown.step)?.of ?? [])].filter((value) => !isDrawn(value))
  const absent = hidden.filter(isAbsent)
  const rest = hidden.length - absent.length
  const said = [...new Set(absent)].map((words) => `${absent.filter((one) => one === words).length} ${words}`)
  if (rest) said.push(`${rest} not finite or, on a log axis, not above 0`)
  return said.length ? `${plain(net.name)}: not drawn: ${said.join(", ")}.` : ""
}

function tracesOf(net) {
  const found = valuesAt(net, shown.quantity, shown.step)
  const name = net.name + (found && found.step !== shown.step ? ` (step ${found.step})` : "")
  if (!found) return []
  return net.taken[shown.quantity].traces.map(({ role, columns, x, mode }) => {
    const beside = scene.beside[role]
    return {
      type: "scatter",
      x,
      y: columns.map((column) => (isDrawn(found.of[column]) ? found.of[column] : null)),
      text: columns.map((column) => found.names[column]),
      name: beside ? `${name}, ${beside.legend}` : name,
      mode: beside ? "markers" : mode,
      line: { color: net.colour, width: 3, dash: net.dash },
      marker: beside
        ? { symbol: net.symbol + beside.suffix, size: beside.size, color: net.colour, line: { width: 3 } }
        : { symbol: net.symbol, size: 8, color: net.colour },
      hovertemplate: "%{y:.3g} %{text}",
    }
  })
}

// A name is escaped for plotly; here it is text again.
function plain(name) {
  return new DOMParser().parseFromString(name, "text/html").documentElement.textContent
}
