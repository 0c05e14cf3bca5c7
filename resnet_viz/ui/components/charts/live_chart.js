// A plotly figure that is updated in place: one plot a mount, Plotly.react for each update that has
// the same axes. Python sends a figure once, then what has changed (drawn.py); it is kept here.
// Called again with all news, and by Streamlit with every change of theme; cleaned up on unmount.
// The files chart_data, chart_looks, chart_moving, chart_pointing and chart_tools, and
// plots/legend_room, are served with it as one (chart_scripts.py).

const charts = new WeakMap()
const figures = new Map() // by chart: { version, tree }; it outlives a mount
const MOST_FIGURES = 12 // beside those of charts that are on the page
const brightnesses = new Map()
const PATIENCE = 1500 // ms; what has no answer by then is said again (Streamlit may drop it)
const REST = 100 // times as long as its drawing took a plot waits for the next: it has 1% of the browser's thread
const SHORTEST = 400, LONGEST = 4000 // ms that it waits, if it does
const PLOTLY = new URL("plotly.min.js", import.meta.url).href // beside this script
const SMALL_TEXT = 14, LARGE_TEXT = 20 // pixels, in windows of these widths:
const SMALL_WINDOW = 1400, LARGE_WINDOW = 1920
const NARROW = 500
const NEAR = "200px" // from what is seen: by then plotly is fetched
const MOVING = ["x", "y", "z"] // what of a trace may change while its plot stays
const POINT = "resnet-viz-point" // what is pointed at, in whichever plot: a path of a layer or block

export default function ({ data, isNews, parentElement, setTriggerValue }) {
  const chart = charts.get(parentElement) ?? mount(parentElement)
  chart.data = data
  chart.div.id = data.name // for links to it
  chart.div.setAttribute("aria-label", data.alt)
  chart.tell = setTriggerValue
  const isHere = receive(chart)
  // News leave it as large and as coloured as it is: to ask costs the page a layout.
  if (!isNews || !chart.theme) {
    chart.theme = themeOf(chart.div)
    makeRoom(chart)
  }
  if (isHere) onceNear(chart, isNews)
  return () => unmount(parentElement, chart)
}

// Plotly is large: it is fetched when the first chart comes near what is seen, or is printed.
function onceNear(chart, isNews) {
  if (!window.resnetVizPlotly && !chart.isNear) return
  loadPlotly().then(
    (plotly) => drawWhatIsNew(plotly, chart, isNews),
    (error) => explain(chart, error),
  )
}

function comeNear(chart) {
  if (chart.isNear) return
  chart.isNear = true
  if (chart.data && figures.has(chart.data.name) && !chart.drawn) onceNear(chart, false)
}

// Puts the news in. Where they begin with a figure that is not the one here, asks for the whole.
function receive(chart) {
  const { name, version, base, news } = chart.data
  const kept = figures.get(name)
  if (kept?.version !== version) {
    if (base && base !== kept?.version) return ask(chart)
    const parsed = parse(news)
    chart.isMoved &&= Boolean(base) && parsed.every(isMove)
    const tree = base ? changed(kept.tree, parsed) : parsed
    figures.delete(name) // the newest is the last
    figures.set(name, { version, tree })
    forget()
  }
  clearTimeout(chart.asking)
  chart.asking = 0
  return true
}

// The oldest figures, of charts that are no more on the page.
function forget() {
  const gone = [...figures.keys()].filter((name) => !document.getElementById(name))
  for (const name of gone.slice(0, -MOST_FIGURES)) figures.delete(name)
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

function mount(parentElement) {
  const div = parentElement.querySelector(".resnet-viz-chart")
  const chart = { div, data: null, width: 0, alive: true, drawn: null, axes: "" }
  Object.assign(chart, { held: false, waiting: false, zoomed: new Set(), asking: 0, looks: "", version: "" })
  Object.assign(chart, { isSeen: true, isLate: false, isMoved: false, resting: 0 })
  Object.assign(chart, { theme: null, letters: null, config: null, legend: null })
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
  chart.nearing = new IntersectionObserver((entries) => {
    if (entries.at(-1).isIntersecting) comeNear(chart)
  }, { rootMargin: NEAR })
  chart.nearing.observe(div)
  chart.print = () => (comeNear(chart), catchUp(chart))
  window.addEventListener("beforeprint", chart.print)
  charts.set(parentElement, chart)
  return chart
}

function unmount(parentElement, chart) {
  chart.alive = false
  clearTimeout(chart.asking)
  clearTimeout(chart.resting)
  chart.observer.disconnect()
  chart.watcher.disconnect()
  chart.nearing.disconnect()
  window.removeEventListener("beforeprint", chart.print)
  document.removeEventListener(POINT, chart.follow)
  for (const event of ["pointerup", "pointercancel"]) window.removeEventListener(event, chart.release)
  charts.delete(parentElement)
  // Not in the middle of a drawing: plotly goes on with it and would find nothing there.
  chart.drawn?.finally(() => window.Plotly.purge(chart.div))
}

// One script element for all charts, also across pages: its promise is kept on the window.
function loadPlotly() {
  window.resnetVizPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = PLOTLY
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
// plot that is out of sight wait until it is looked at, or printed; its first drawing and its first
// points only for the plots that are seen, which go first. What a hand has changed does not wait:
// its plots may have another height, and the page would jump later. Where numbers alone take long to
// draw, as in maps of many layers, news wait for a rest after each: what is newest is drawn at its
// end.
function drawWhatIsNew(plotly, chart, isNews) {
  const { of, version, height } = chart.data
  const looks = JSON.stringify([height, chart.theme])
  const isOther = of !== chart.of
  const isNew = version !== chart.version || (isOther && chart.zoomed.size > 0)
  const isElse = looks !== chart.looks
  Object.assign(chart, { of, version, looks })
  chart.isMoved &&= !isElse && !isOther
  const isOut = chart.drawn ? (isNews || isOther) && !chart.isSeen : isFarOff(chart)
  const mayWait = isOut || (isNews && chart.resting)
  if (mayWait && isNew) late(chart)
  else if (isElse || isNew) draw(plotly, chart)
}

function late(chart) {
  chart.isLate = true
  const isEmpty = !chart.div._fullData?.some(({ visible }) => visible === true)
  const soon = window.requestIdleCallback ?? setTimeout
  if (isEmpty) soon(() => catchUp(chart), { timeout: PATIENCE })
}

function isFarOff({ div }) {
  const { top, bottom } = div.getBoundingClientRect()
  return top > window.innerHeight || bottom < 0
}

function rest(chart, time) {
  clearTimeout(chart.resting)
  chart.resting = 0
  if (time < SHORTEST) return
  chart.resting = setTimeout(() => {
    chart.resting = 0
    if (chart.isSeen) catchUp(chart)
  }, Math.min(time, LONGEST))
}

function catchUp(chart) {
  if (chart.isLate) draw(window.Plotly, chart)
}

function draw(plotly, chart) {
  chart.waiting = chart.held
  if (!chart.alive || chart.held) return
  const { name, of, clickable } = chart.data
  chart.isLate = false
  const { tree } = figures.get(name)
  const began = performance.now()
  if (chart.isMoved && move(chart, tree)) {
    rest(chart, REST * (performance.now() - began))
    return
  }
  const { theme } = chart
  makeRoom(chart)
  const { data, layout } = copied(
    { data: tree.data, layout: tree.layout },
    theme.isDark ? darkened(tree.dark) : (key, value) => value,
  )
  chart.width = chart.div.clientWidth
  if (isNarrow(chart)) merge(layout, layout.meta?.narrow ?? {})
  layout.template = theme.template
  enlarge(data, layout)
  giveLegend(layout, roomOfLegend(chart))
  // Axes that are new to it Plotly.react draws once before it has placed them: "MNaN,NaNHNaN".
  const axes = Object.keys(layout).filter((key) => /^[xy]axis/.test(key)).sort().join()
  const isAnew = axes !== chart.axes
  chart.axes = axes
  // What shows something else is not to be shown in the zoom of what was there.
  const revision = `${of} ${layout.uirevision}`
  if (isAnew || chart.revision !== revision) chart.zoomed.clear()
  chart.revision = layout.uirevision = revision
  keepZoom(chart, layout)
  giveTools(layout, roomOfTools(chart))
  layout.height = tall(chart)
  layout.width = chart.width || undefined
  chart.drawn = plotly[isAnew ? "newPlot" : "react"](
    chart.div, data, layout, configOf(chart, theme.template.layout.font.color),
  )
  chart.drawn.then(() => gatherTools(chart))
  // The label says it; tick by tick it would only be noise.
  for (const svg of chart.div.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", true)
  if (isAnew) watchZoom(chart)
  if (isAnew) watchPointer(chart)
  mark(chart)
  chart.isMoved = true // until something else is new
  if (isAnew && clickable) watchClicks(chart)
}

function watchClicks(chart) {
  chart.div.on("plotly_click", ({ points, event }) => {
    const data = nearest(chart, points, event)?.customdata
    const said = Array.isArray(data) ? data[0] : data
    if (said != null) chart.tell("point", String(said))
  })
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
