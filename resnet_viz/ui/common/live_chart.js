// A plotly figure that is updated in place: one plot a mount, Plotly.react for each update that has
// the same axes.
// Called again with every new figure and with every change of theme; cleaned up on unmount.

const charts = new WeakMap()
const PLOTLY = "app/static/plotly.min.js"
const SMALL_TEXT = 14, LARGE_TEXT = 20 // pixels, in windows of these widths:
const SMALL_WINDOW = 1400, LARGE_WINDOW = 1920
const NARROW = 500

export default function ({ data, parentElement, setTriggerValue }) {
  const chart = charts.get(parentElement) ?? mount(parentElement)
  chart.data = data
  chart.tell = (point) => setTriggerValue("point", point)
  makeRoom(chart)
  loadPlotly(data.version).then(
    (plotly) => draw(plotly, chart),
    (error) => explain(chart, error),
  )
  return () => unmount(parentElement, chart)
}

function mount(parentElement) {
  const div = parentElement.querySelector(".resnet-viz-chart")
  const chart = { div, data: null, width: 0, alive: true, drawn: null, axes: "" }
  Object.assign(chart, { held: false, waiting: false, zoomed: new Set() })
  chart.release = () => setTimeout(() => release(chart))
  div.onpointerdown = () => { chart.held = true }
  for (const event of ["pointerup", "pointercancel"]) window.addEventListener(event, chart.release)
  chart.observer = new ResizeObserver(() => fit(chart))
  chart.observer.observe(div)
  charts.set(parentElement, chart)
  return chart
}

function unmount(parentElement, chart) {
  chart.alive = false
  chart.observer.disconnect()
  for (const event of ["pointerup", "pointercancel"]) window.removeEventListener(event, chart.release)
  charts.delete(parentElement)
  // Not in the middle of a drawing: plotly goes on with it and would find nothing there.
  chart.drawn?.finally(() => window.Plotly.purge(chart.div))
}

// One script element for all charts, also across pages: its promise is kept on the window.
function loadPlotly(version) {
  window.resnetVizPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL(`${PLOTLY}?v=${version}`, appRoot()).href
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(Error(script.src)))
    script.onerror = () => reject(Error(script.src))
    document.head.append(script)
  })
  return window.resnetVizPlotly
}

// The app's root, whatever base path or proxy it is behind: where Streamlit's own script lies.
function appRoot() {
  const own = [...document.scripts].map((s) => s.src).find((src) => src.includes("/static/js/"))
  return own ? own.slice(0, own.lastIndexOf("static/js/")) : document.baseURI
}

// A drawing in the middle of a drag would end the drag: it waits until the button is released.
function release(chart) {
  chart.held = false
  if (chart.waiting) draw(window.Plotly, chart)
}

function draw(plotly, chart) {
  chart.waiting = chart.held
  if (!chart.alive || chart.held) return
  const { figure, name, alt, dark, clickable } = chart.data
  const theme = themeOf(chart.div)
  const { data, layout } = JSON.parse(figure, theme.isDark ? recoloured(dark) : undefined)
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
  chart.div.setAttribute("aria-label", alt)
  chart.drawn = plotly[isAnew ? "newPlot" : "react"](chart.div, data, layout, {
    displaylogo: false,
    displayModeBar: "hover",
    doubleClickDelay: 400,
    // Nothing leaves the machine.
    showSendToCloud: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "resetScale2d"],
  })
  // The label says it; tick by tick it would only be noise.
  for (const svg of chart.div.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", true)
  if (isAnew) watchZoom(chart)
  if (isAnew && clickable) watchClicks(chart)
}

// Colours of the dark theme in place of the light one's, as a reviver for JSON.parse.
function recoloured(dark) {
  const one = (value) => (typeof value === "string" && dark[value.toUpperCase()]) || value
  return (key, value) => {
    if (!/color$/i.test(key)) return value
    return Array.isArray(value) ? value.map(one) : one(value)
  }
}

// How much larger than on a desk: a hall's screen is far away.
function enlargement() {
  const share = (window.innerWidth - SMALL_WINDOW) / (LARGE_WINDOW - SMALL_WINDOW)
  const size = SMALL_TEXT + (LARGE_TEXT - SMALL_TEXT) * Math.min(1, Math.max(0, share))
  return size / SMALL_TEXT
}

function tall({ data: { height, heights }, div }) {
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
    if (said != null) chart.tell(String(said))
  })
}

// Plotly's uirevision keeps a zoom only until a figure comes with another range of its own, as
// when the data widen an axis. The axes that the viewer has zoomed are therefore kept here.
function watchZoom(chart) {
  chart.div.on("plotly_doubleclick", () => chart.zoomed.clear())
  chart.div.on("plotly_relayout", (changes) => {
    for (const change of Object.keys(changes)) {
      const [, axis, what] = change.match(/^([xy]axis\d*)\.(range|autorange)/) ?? []
      if (what === "range") chart.zoomed.add(axis)
      if (what === "autorange") chart.zoomed.delete(axis)
    }
  })
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
  makeRoom(chart)
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

// 0 to 255, of a colour in any of CSS's spellings.
function brightness(colour) {
  const context = document.createElement("canvas").getContext("2d")
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
