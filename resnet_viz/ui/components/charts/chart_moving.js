// A part of live_chart.js: a plot of which nothing but numbers of traces and words of notes has changed.

// Whether a change is one of a trace's numbers or of a note's words, and of no more.
function isMove([path]) {
  const isNumbers = path.length === 3 && path[0] === "data" && MOVING.includes(path[2])
  return isNumbers || (path[0] === "layout" && path.at(-3) === "annotations" && path.at(-1) === "text")
}

// Where nothing else has changed, the traces and notes alone are drawn: axes, legend and titles
// stay. Plotly.react would work all of them out again, which takes three times as long. False where
// there is a trace that plotly has not drawn yet, that is hidden, or that its axes' ends follow; and
// where this plotly has not the parts, which are its own, that this is done with.
function move(chart, tree) {
  const { div } = chart
  const moved = tree.data.flatMap((trace, i) =>
    MOVING.some((axis) => shown(trace[axis]) !== div.data[i][axis]) ? [i] : [])
  const { _basePlotModules, _rehover, _subplots } = div._fullLayout
  const cartesian = _basePlotModules?.find(({ name }) => name === "cartesian")
  if (!cartesian?.plot || !_subplots?.cartesian || !moved.every((i) => isThere(div, div._fullData[i]))) return false
  for (const i of moved) moveTrace(div, i, tree.data[i])
  drawPlots(div, cartesian, moved)
  writeNotes(chart, tree)
  _rehover?.() // what is said under the pointer, too
  return true
}

// The traces that have moved: where it is told of a transition, be it without a duration, plotly
// leaves lines that it is not told of as they are. It takes maps off, though, and a ground between
// two lines: of a plot with these it is told of all traces.
function drawPlots(div, cartesian, moved) {
  const plotOf = ({ xaxis, yaxis }) => xaxis + yaxis
  const plots = new Set(moved.map((i) => plotOf(div._fullData[i])))
  const isLine = ({ type, fill }) => type === "scatter" && fill === "none"
  const whole = new Set(div._fullData.filter((trace) => !isLine(trace)).map(plotOf))
  const traces = div._fullData.flatMap((trace, i) =>
    moved.includes(i) || (plots.has(plotOf(trace)) && whole.has(plotOf(trace))) ? [i] : [])
  const all = div._fullLayout._subplots
  const { cartesian: before } = all
  all.cartesian = before.filter((plot) => plots.has(plot))
  try {
    if (traces.length) cartesian.plot(div, traces, { duration: 0 })
  } finally {
    all.cartesian = before
  }
}

function isThere({ _fullLayout, calcdata }, { _module, visible, type, xaxis, yaxis, index }) {
  const isFixed = (axis) => !_fullLayout[axis.replace(/^[xy]/, "$&axis")].autorange
  const isKnown = ["scatter", "heatmap"].includes(type) && _module?.calc && calcdata[index]
  return visible === true && isKnown && isFixed(xaxis) && isFixed(yaxis)
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

// Told another text, plotly would work out all traces again, for a note can widen axes: here it cannot.
// It writes what has another opacity, which is the same one, and takes the text with it.
function writeNotes(chart, { layout }) {
  const shown = chart.div.layout.annotations
  const changed = [...(notesOf(chart, layout) ?? []).entries()].filter(([i, { text }]) => text !== shown[i].text)
  if (!changed.length) return
  for (const [i, { text }] of changed) shown[i].text = text
  const written = changed.map(([i]) => [`annotations[${i}].opacity`, shown[i].opacity ?? 1])
  chart.drawn = window.Plotly.relayout(chart.div, Object.fromEntries(written))
}

function notesOf(chart, { annotations, meta }) {
  return (isNarrow(chart) && meta?.narrow?.annotations) || annotations
}
