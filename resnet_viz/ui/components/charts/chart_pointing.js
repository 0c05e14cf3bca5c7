// A part of live_chart.js: what is pointed at, in this plot and in others.

// Says which layer or block is pointed at, where an axis of the figure has such (meta.places: axis ->
// path -> positions), so that every other plot marks it, the chart's own others too.
function watchPointer(chart) {
  const say = (name, axis) => document.dispatchEvent(
    new CustomEvent(POINT, { detail: { name, source: chart.data.name, axis } }))
  chart.div.on("plotly_hover", ({ points: [point] }) => {
    const places = placesOf(chart)
    const of = (axis) => axis && Object.entries(places[axis._name] ?? {}).find(([, positions]) =>
      positions.includes(axis === point.xaxis ? point.x : point.y))?.[0]
    const axis = [point.xaxis, point.yaxis].find(of)
    if (axis) say(of(axis), axis._name)
  })
  chart.div.on("plotly_unhover", () => say(null))
}

// Of the points of all traces at one x the one whose y is nearest to the pointer.
function nearest({ div }, points, { clientY }) {
  const y = clientY - div.getBoundingClientRect().top
  const away = ({ y: value, yaxis }) => (yaxis ? Math.abs(yaxis._offset + yaxis.d2p(value) - y) : 0)
  return points.reduce((best, one) => (best && away(best) <= away(one) ? best : one), undefined)
}

function placesOf(chart) {
  return figures.get(chart.data.name)?.tree.layout.meta?.places ?? {}
}

function follow(chart, { name, source, axis }) {
  chart.pointed = name
  chart.under = source === chart.data.name ? axis : null
  mark(chart)
}

// A light ground behind the position of what is pointed at elsewhere: the layer itself, a block's
// layers, or the block that holds the layer.
function mark(chart) {
  for (const old of chart.div.querySelectorAll(".resnet-viz-chart-mark")) old.remove()
  const { pointed, under, div } = chart
  if (!pointed || !div._fullLayout) return
  for (const [key, names] of Object.entries(placesOf(chart))) {
    if (key === under) continue // it has plotly's own words
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
