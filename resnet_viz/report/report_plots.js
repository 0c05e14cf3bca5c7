// The plots of a report. plotly is most of what a report loads, so it is read when the page stands: those plots
// that are near are drawn first, the others in idle moments. Who prints finds them all.

const CONFIG = { displaylogo: false, showSendToCloud: false, plotlyServerURL: "" }
const NARROW = 500 // pixels of a plot
const PRINTED = 700 // as much as A4 and Letter have room for
const REST_MS = 100 // without another size of the window
const plots = [] // { root, make, height, width }; width: as it was drawn, 0 before
const night = matchMedia("(prefers-color-scheme: dark)")
let program = "" // plotly's, once it is unpacked
let isPrinting = false
let resting = 0

function find(id) {
  return document.getElementById(id)
}

async function unpack(name) {
  const text = atob(find(`data-${name}`).textContent)
  const packed = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Response(stream)
}

// `make` gives the figure as it is to be now. The room that it will need is there at once.
function mountPlot(root, make) {
  const plot = { root, make, height: root.offsetHeight, width: 0 }
  plots.push(plot)
  makeRoom(plot, make())
}

async function plotsInView() {
  program = await (await unpack("plotly")).text()
  const inView = plots.filter((plot) => distance(plot) === 0)
  if (inView.length) await loadPlotly()
  inView.forEach(draw)
}

async function allPlots() {
  await idle()
  await loadPlotly()
  for (;;) {
    await idle()
    const waiting = plots.filter(({ width }) => !width)
    if (!waiting.length) return
    draw(waiting.reduce((one, other) => (distance(other) < distance(one) ? other : one)))
  }
}

function idle() {
  return new Promise((go) => (window.requestIdleCallback ?? setTimeout)(() => go()))
}

// From a file of its own plotly is parsed beside the main thread.
function loadPlotly() {
  const file = new Blob(["window.Plotly || ", program], { type: "text/javascript" })
  const script = document.createElement("script")
  script.src = URL.createObjectURL(file)
  const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }))
  document.head.append(script)
  return loaded
}

// Nobody waits for who prints.
function loadPlotlyAtOnce() {
  if (window.Plotly) return
  const script = document.createElement("script")
  script.textContent = program
  document.head.append(script)
}

// Pixels between a plot and what is seen.
function distance({ root }) {
  const { top, bottom } = root.getBoundingClientRect()
  return Math.max(0, top - innerHeight, -bottom)
}

function widthOf({ root }) {
  return isPrinting ? PRINTED : root.clientWidth
}

function makeRoom(plot, figure) {
  const factor = figure.layout.meta?.heights[Number(isNarrow(plot.width || plot.root.clientWidth))] ?? 1
  plot.root.style.height = `${Math.round(plot.height * factor) + roomOfLegend(plot, figure)}px`
}

function roomOfLegend({ root, width }, figure) {
  const wide = width || root.clientWidth
  return legendRoom(figure, wide, isNarrow(wide), getComputedStyle(root).fontFamily)
}

function isNarrow(width) {
  return width < NARROW
}

// Who prints has white paper.
function isDark() {
  return night.matches && !isPrinting
}

function themed(figure) {
  const words = isDark() ? { color: "#f0f4f8" } : { color: "#15202b" }
  const { data, layout } = isDark() ? JSON.parse(JSON.stringify(figure), darkened(scene.dark)) : figure
  const label = { bgcolor: isDark() ? "#1a222b" : "#f2f5f8", ...layout.hoverlabel }
  return { data, layout: { ...layout, font: { ...words, ...layout.font }, hoverlabel: { ...label, font: { ...words, ...label.font } } } }
}

function draw(plot) {
  const { data, layout } = themed(plot.make())
  plot.width = widthOf(plot)
  makeRoom(plot, { data, layout })
  const own = structuredClone({ ...layout, width: plot.width, height: parseFloat(plot.root.style.height) })
  if (isNarrow(plot.width)) merge(own, own.meta?.narrow ?? {})
  giveLegend(own, roomOfLegend(plot, { data, layout }))
  delete own.meta
  window.Plotly.react(plot.root, data, own, CONFIG)
}

function drawAgain(root) {
  const plot = plots.find((one) => one.root === root)
  if (plot.width) draw(plot)
}

function merge(target, changes) {
  for (const [key, value] of Object.entries(changes)) {
    const isPart = value && typeof value === "object" && !Array.isArray(value)
    if (isPart && target[key]) merge(target[key], value)
    else target[key] = value
  }
}

function fit() {
  for (const plot of plots) if (plot.width && plot.width !== widthOf(plot)) draw(plot)
}

window.addEventListener("resize", () => {
  clearTimeout(resting)
  resting = setTimeout(fit, REST_MS)
})
night.addEventListener("change", () => plots.filter(({ width }) => width).forEach(draw))
window.addEventListener("beforeprint", () => {
  document.documentElement.style.colorScheme = "light"
  stage.paint()
  if (!program) return // it was not there for a moment yet
  isPrinting = true
  loadPlotlyAtOnce()
  plots.forEach(draw)
})
window.addEventListener("afterprint", () => {
  document.documentElement.style.colorScheme = ""
  stage.paint()
  isPrinting = false
  plots.filter(({ width }) => width).forEach(draw)
})
