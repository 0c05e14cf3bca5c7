// A part of live_chart.js: how a chart looks on this page and in this window, and its buttons.

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
  const address = new URL("chart_files.js", import.meta.url).href
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

// How much larger than on a desk: a hall's screen is far away.
function enlargement() {
  const share = (window.innerWidth - SMALL_WINDOW) / (LARGE_WINDOW - SMALL_WINDOW)
  const size = SMALL_TEXT + (LARGE_TEXT - SMALL_TEXT) * Math.min(1, Math.max(0, share))
  return size / SMALL_TEXT
}

function isNarrow({ width }) {
  return width && width < NARROW
}

function tall(chart) {
  const { data: { name, height }, div } = chart
  const heights = figures.get(name)?.tree.layout.meta?.heights ?? [1, 1]
  const width = div.clientWidth
  const factor = heights[width && width < NARROW ? 1 : 0]
  return Math.round(height * factor * (1 + 0.6 * (enlargement() - 1))) + roomOfLegend(chart) + roomOfTools(chart)
}

// The most that it has needed of what is shown, in this width: a name that grows and shrinks while a
// race goes on, by the step that its net has come to, is not to move the page.
function roomOfLegend(chart) {
  const { data: { name, of }, div, theme } = chart
  const tree = figures.get(name)?.tree
  const width = div.clientWidth
  if (!tree?.layout.legend || !width) return 0
  const { family } = theme.template.layout.font
  const room = legendRoom(tree, width, width < NARROW, family, enlargement())
  const least = chart.legend?.of === of && chart.legend.width === width ? chart.legend.room : 0
  chart.legend = { of, width, room: Math.max(room, least) }
  return chart.legend.room
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
