// A part of live_chart.js and of a report: how many pixels a figure's legend takes beyond its first
// row. Six nets may take six rows: the chart grows by them, or its axes would have no room left.

const LEGEND_FONT = 14, LEGEND_ROW = 30, LEGEND_SIGN = 50 // pixels; a sign and what is around it

function legendRoom({ data, layout }, width, isNarrow, family, factor = 1) {
  const named = data.filter(({ name, showlegend }) => name && showlegend !== false)
  if (named.length < 2 || layout.showlegend === false) return 0
  const { l, r } = { ...layout.margin, ...(isNarrow ? layout.meta?.narrow?.margin : {}) }
  const most = width - (l + r) * factor
  const context = document.createElement("canvas").getContext("2d")
  context.font = `${LEGEND_FONT * factor}px ${family}`
  let rows = 1, taken = 0
  for (const { name } of named) {
    const item = context.measureText(name.replace(/<[^>]*>/g, "")).width + LEGEND_SIGN * factor
    if (taken && taken + item > most) [rows, taken] = [rows + 1, 0]
    taken += item
  }
  return Math.round((rows - 1) * LEGEND_ROW * factor)
}

// A legend outside the axes makes itself room, up to half of the plot; one at the edge makes none.
function giveLegend(layout, room) {
  layout.legend = { ...layout.legend, maxheight: 10 * LEGEND_ROW + 2 * room }
  if (layout.legend.yref === "container") layout.margin = { ...layout.margin, t: layout.margin.t + room }
}
