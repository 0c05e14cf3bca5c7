// A plotly figure that is updated in place: one plot a mount, Plotly.react for each update.
// Called again with every new figure and with every change of theme; cleaned up on unmount.

const charts = new WeakMap()
const PLOTLY = "app/static/plotly.min.js"

export default function ({ data, parentElement }) {
  const chart = charts.get(parentElement) ?? mount(parentElement)
  chart.data = data
  chart.div.style.height = `${data.height}px`
  loadPlotly(data.version).then(
    (plotly) => draw(plotly, chart),
    (error) => explain(chart, error),
  )
  return () => unmount(parentElement, chart)
}

function mount(parentElement) {
  const div = parentElement.querySelector(".resnet-viz-chart")
  const chart = { div, data: null, width: 0, alive: true, drawn: null }
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
  const { figure, name } = chart.data
  const { data, layout } = JSON.parse(figure)
  layout.template = themeTemplate(chart.div)
  keepZoom(chart, layout)
  layout.uirevision = name
  layout.height = chart.data.height
  layout.width = chart.width = chart.div.clientWidth || undefined
  chart.div.setAttribute("aria-label", name)
  const first = !chart.drawn
  chart.drawn = plotly.react(chart.div, data, layout, {
    displaylogo: false,
    displayModeBar: "hover",
    doubleClickDelay: 400,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "resetScale2d"],
  })
  if (first) watchZoom(chart)
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

function fit(chart) {
  const width = chart.div.clientWidth
  if (!chart.alive || !chart.div.data || !width || width === chart.width) return
  chart.width = width
  requestAnimationFrame(() => chart.alive && window.Plotly.relayout(chart.div, { width }))
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

// Colours and fonts of the theme, as defaults: what a figure sets itself wins.
function themeTemplate(div) {
  const style = getComputedStyle(div)
  const css = (name) => style.getPropertyValue(`--st-${name}`).trim()
  const [text, border, panel] = ["text-color", "border-color", "secondary-background-color"].map(css)
  const font = { color: text, family: css("font") || "sans-serif", size: 14 }
  const axis = {
    gridcolor: border, linecolor: border, zerolinecolor: border, tickcolor: border,
  }
  return {
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
}
