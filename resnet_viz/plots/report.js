// A report of a race: unpacks what was measured and shows it step by step. Nothing is asked for outside.

const GROUP = "report"
const PLAY_MS = 120
const CONFIG = { displaylogo: false, responsive: true, showSendToCloud: false, plotlyServerURL: "" }
const find = (id) => document.getElementById(id)

async function unpack(name) {
  const text = atob(find(`data-${name}`).textContent)
  const packed = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Response(stream)
}

const [scene, numbers] = await Promise.all([
  unpack("scene").then((one) => one.json()),
  unpack("numbers").then((one) => one.arrayBuffer()).then((buffer) => new Float32Array(buffer)),
])
const ramp = scene.ramp.map((colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)))
const charts = [...document.querySelectorAll(".graph")].map(mountGraph)
const shown = { quantity: Object.keys(scene.quantities)[0], step: 0, timer: 0 }

controls()
show(0)
await loadPlotly()
drawProfile()
for (const id of ["curves", "through-time", "maps"]) Plotly.newPlot(find(id), scene[id].data, resting(scene[id].layout), CONFIG)
for (const [number, { data, layout }] of scene.measured.entries()) {
  Plotly.newPlot(find(`measured-${number}`), data, resting(layout), CONFIG)
}
document.body.dataset.ready = "true"

async function loadPlotly() {
  const script = document.createElement("script")
  script.textContent = await (await unpack("plotly")).text()
  document.head.append(script)
}

// A figure as it is, in the page's width.
function resting(layout) {
  return { ...layout, autosize: true, meta: undefined }
}

function controls() {
  const select = find("quantity")
  for (const [name, { title }] of Object.entries(scene.quantities)) select.add(new Option(title, name))
  select.onchange = () => {
    shown.quantity = select.value
    show(shown.step)
    drawProfile()
  }
  const slider = find("step")
  slider.max = scene.last
  slider.oninput = () => {
    stop()
    show(Number(slider.value))
    drawProfile()
  }
  find("play").onclick = () => (shown.timer ? stop() : play())
}

function play() {
  const steps = allSteps()
  let at = shown.step >= scene.last ? 0 : steps.findIndex((step) => step > shown.step)
  find("play").textContent = "Pause"
  find("play").setAttribute("aria-pressed", true)
  shown.timer = setInterval(() => {
    if (at < 0 || at >= steps.length) return stop()
    show(steps[at++])
    drawProfile()
  }, PLAY_MS)
}

function stop() {
  clearInterval(shown.timer)
  shown.timer = 0
  find("play").textContent = "Play"
  find("play").setAttribute("aria-pressed", false)
}

function array([begin, end]) {
  return numbers.subarray(begin, end)
}

// The steps that anything was kept of, in any net.
function allSteps() {
  const all = scene.nets.flatMap(({ taken }) => Object.values(taken).flatMap(({ steps }) => [...array(steps)]))
  return [...new Set(all)].sort((one, other) => one - other)
}

// The newest values of a quantity that are not after `step`; null where there are none.
function valuesAt(net, name, step) {
  const taken = net.taken[name]
  if (!taken) return null
  const steps = array(taken.steps)
  let row = -1
  while (row + 1 < steps.length && steps[row + 1] <= step) row += 1
  if (row < 0) return null
  const width = taken.names.length
  const [begin] = taken.values
  return { step: steps[row], names: taken.names, of: numbers.subarray(begin + row * width, begin + (row + 1) * width) }
}

function show(step) {
  shown.step = step
  find("step").value = step
  find("said").textContent = `step ${step} of ${scene.last + 1}`
  const graphs = Object.fromEntries(scene.nets.map((net, i) => [i, coloursOf(net, step)]))
  const { nodes } = scene.quantities[shown.quantity]
  window.resnetVizValues = { [GROUP]: { ramp, nodes, lines: scene.lines, graphs } }
  for (const chart of charts) paint(chart)
  legend(document.querySelector(".scale.nodes"), scene.ramp, nodes, "Blocks")
  legend(document.querySelector(".scale.lines"), scene.ramp, scene.lines, "Lines")
}

function coloursOf(net, step) {
  const found = valuesAt(net, shown.quantity, step)
  const nodes = {}
  found?.names.forEach((name, i) => {
    const value = found.of[i]
    nodes[name] = value
    const unit = name.match(/^stages\.\d+\.\d+|^[^.]+/)[0]
    if (unit !== name) nodes[unit] = unit in nodes ? Math.max(nodes[unit], value) : value
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

function drawProfile() {
  if (!window.Plotly) return
  const about = scene.quantities[shown.quantity]
  const said = []
  const traces = scene.nets.flatMap((net) => tracesOf(net, about, said))
  const layout = {
    ...about.layout,
    font: { size: 14 },
    hovermode: "x unified",
    autosize: true,
    uirevision: shown.quantity,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
  }
  Plotly.react(find("profile"), traces, layout, CONFIG)
  find("left-out").textContent = said.join(" ")
  find("about").textContent = about.sentence
}

function tracesOf(net, about, said) {
  const found = valuesAt(net, shown.quantity, shown.step)
  const name = net.name + (found && found.step !== shown.step ? ` (step ${found.step})` : "")
  if (!found) return []
  const isShown = (value) => Number.isFinite(value) && (!about.isLog || value > 0)
  const hidden = [...found.of].filter((value) => !isShown(value)).length
  if (hidden) said.push(`${plain(net.name)}: ${hidden} not drawn, being not finite or, on a log axis, not above 0.`)
  return net.taken[shown.quantity].traces.map(({ role, columns, x, mode }) => {
    const beside = scene.beside[role]
    return {
      type: "scatter",
      x,
      y: columns.map((column) => (isShown(found.of[column]) ? found.of[column] : null)),
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
