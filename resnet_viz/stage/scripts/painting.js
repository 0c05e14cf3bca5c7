// Painting of the nets: what is the same at every size, each step anew.

import { filled } from "./history.js"
import { drawStrip, sharesAt } from "./strip.js"

/** Draw a net as it is at a step: its strip, its arcs, its waterfall. */
export function drawNet(stage, net, number, step) {
  const { context, history, look, axis: along, quantity } = stage
  const row = stage.place.rows[number]
  const series = history.series(number, quantity.name)
  const at = series.rowAt(step)
  const spans = net.along[quantity.name].at
  const columns = at < 0 ? [] : spans.map(([first, last], column) => ({ first, last, place: stage.placeOf(number, at, column) }))
  const shares = sharesAt(history, number, step)
  drawStrip(context, {
    row, boxes: stage.boxes[number].boxes, depth: net.depth, axis: along, look, columns,
    shares: shares.of, colour: look.colours[number], gone: (box) => stage.removal.gone(number, box),
  })
  const older = olderWords(history.words, step, at < 0 ? null : series.steps[at], shares.step)
  drawTitle(stage, net, number, row, older)
  stage.board.note(number, older)
  if (stage.view !== "waterfall") return
  const fall = stage.falls[number]
  fall.grow(series, spans, (r, c) => stage.placeOf(number, r, c), history.done(number), look)
  const [left, right] = [along.from(1, net.depth), along.to(net.depth, net.depth)]
  fall.draw(context, left, right, row.waterfall, Math.min(step, history.done(number) - 1))
  drawRows(stage, left, right, row.waterfall, step)
}

function drawRows(stage, left, right, { top, height }, step) {
  const { context, look, layout: { font }, history } = stage
  if (height < 1) return
  context.strokeStyle = look.grid
  context.lineWidth = 1
  context.strokeRect(left, top, right - left, height)
  const y = top + (height * Math.min(step + 1, history.steps)) / Math.max(1, history.steps)
  context.strokeStyle = look.text
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(left - 0.35 * font, y)
  context.lineTo(right, y)
  context.stroke()
  context.fillStyle = look.muted
  context.font = `${0.78 * font}px ${look.family}`
  context.textAlign = "right"
  context.textBaseline = "middle"
  if (height < 2.4 * font) return
  context.fillText("0", left - 0.5 * font, top + 0.4 * font)
  context.fillText(`${history.steps}`, left - 0.5 * font, top + height - 0.4 * font)
}

function drawTitle(stage, net, number, row, older) {
  const { context, look, layout: { font, hasCards }, axis: along } = stage
  context.textBaseline = "middle"
  if (!hasCards) return
  const y = row.top + 0.75 * font
  context.font = `600 ${0.9 * font}px ${look.family}`
  context.textAlign = "left"
  context.fillStyle = look.colours[number]
  context.fillText(net.name, along.from(1, net.depth), y)
  const taken = context.measureText(net.name).width + along.from(1, net.depth)
  const right = along.to(net.depth, net.depth)
  context.font = `${0.78 * font}px ${look.family}`
  context.textAlign = "center"
  context.fillStyle = look.muted
  const free = right - context.measureText(older).width
  for (const [name, first, last] of net.stages) {
    const middle = (along.from(first, net.depth) + along.to(last, net.depth)) / 2
    if (middle - 2 * font > taken && middle + 2 * font < free) context.fillText(name, middle, y)
  }
  context.textAlign = "right"
  context.fillText(older, right, y)
}

/** Draw the words below the nets: where input and output are, what arcs and boxes stand for. */
export function drawFoot(stage) {
  const { context, look, layout: { font }, place, history } = stage
  const y = place.foot + 0.75 * font
  context.font = `${0.78 * font}px ${look.family}`
  context.textBaseline = "middle"
  context.fillStyle = look.muted
  context.textAlign = "left"
  context.fillText(history.words.input, place.left, y)
  context.textAlign = "right"
  context.fillText(history.words.output, place.right, y)
  if (stage.layout.isNarrow) return // they stand beside the scale
  context.textAlign = "center"
  context.fillText(arcWords(stage), (place.left + place.right) / 2, y, place.right - place.left - 8 * font)
}

/** What arcs stand for, and boxes that are bundles. */
export function arcWords({ boxes, history: { words } }) {
  const bundle = Math.max(...boxes.map(({ count }) => count))
  return bundle > 1 ? `${words.arcs} ${filled(words.bundle, { count: bundle })}.` : words.arcs
}

/** What is of an earlier step than the one shown. */
function olderWords(words, step, colours, arcs) {
  const said = []
  if (colours === arcs && colours !== null && colours !== step) return filled(words.picture_of, { step: colours })
  if (colours !== null && colours !== step) said.push(filled(words.colours_of, { step: colours }))
  if (arcs !== null && arcs !== step) said.push(filled(words.arcs_of, { step: arcs }))
  return said.join(", ")
}
