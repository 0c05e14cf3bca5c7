// Strips: the boxes of each net in a row, its shortcuts as arcs above, its branches as lines inside.

import { shadeAt } from "./scale.js"

const SHARE = "shortcut_share"
// As everywhere: whole lines carry x itself, dashed ones pad or change it, dotted ones project it.
const DASHES = { identity: [], zero_pad: [7, 4], projection: [2, 4], conv1x1: [2, 4] }
const CHANGED = [4, 3]

/** The share of the gradient that came through each block's shortcut, by the block's name. */
export function sharesAt(history, net, step) {
  const series = history.series(net, SHARE)
  const row = series.rowAt(step)
  if (row < 0) return { step: null, of: new Map() }
  const blocks = history.nets[net].boxes.filter(({ name }) => name)
  const values = series.row(row)
  return { step: series.steps[row], of: new Map(blocks.map(({ name }, i) => [name, values[i]])) }
}

/**
 * Draw a net's strip: `columns` give first and last layer and the place on the scale, `gone` how far
 * a box is on its way out, from 0 to 1: its shortcut then becomes the line.
 */
export function drawStrip(context, { row, boxes, depth, axis, look, columns, shares, colour, gone }) {
  for (const box of boxes) {
    const [left, right] = [axis.from(box.first, depth), axis.to(box.last, depth)]
    const share = mean(box.of.map(({ name }) => shares.get(name)).filter(Number.isFinite))
    const carries = box.shortcut && box.shortcut !== "none"
    const away = gone(box)
    context.save()
    if (away) drawGap(context, row.strip, left, right, look, away)
    context.globalAlpha = 1 - away
    context.translate(0, away * row.strip.height)
    drawBox(context, row.strip, left, right, look, columnsOf(box, columns, depth, axis))
    if (box.name) drawBranch(context, row.strip, left, right, look, carries ? share : 0)
    context.restore()
    if (carries) drawArc(context, row, left, right, colour, box.shortcut, share, away)
    else if (away) drawWire(context, row.strip, left, right, colour, away)
  }
}

function drawGap(context, { top, height }, left, right, look, away) {
  context.globalAlpha = away
  context.fillStyle = look.ground
  context.fillRect(left, top - 1, right - left, height + 2)
  context.strokeStyle = look.muted
  context.lineWidth = 1
  context.setLineDash([2, 3])
  context.strokeRect(left + 1.5, top + 1, Math.max(1, right - left - 3), height - 2)
}

function drawWire(context, { top, height }, left, right, colour, away) {
  context.globalAlpha = away
  context.strokeStyle = colour
  context.lineWidth = 2
  context.setLineDash([])
  context.beginPath()
  context.moveTo(left, top + height / 2)
  context.lineTo(right, top + height / 2)
  context.stroke()
  context.globalAlpha = 1
}

const mean = (values) => (values.length ? values.reduce((a, b) => a + b) / values.length : NaN)

function columnsOf(box, columns, depth, axis) {
  return columns
    .filter(({ first, last }) => last >= box.first && first <= box.last)
    .map(({ first, last, place }) => ({
      left: axis.from(Math.max(first, box.first), depth),
      right: axis.to(Math.min(last, box.last), depth),
      place,
    }))
}

function drawBox(context, { top, height }, left, right, look, parts) {
  const gap = right - left > 6 ? 1 : 0.5
  const [x, width] = [left + gap, Math.max(1, right - left - 2 * gap)]
  const [end, radius] = [x + width, Math.min(4, width / 3)]
  for (const part of parts.length ? parts : [{ left: x, right: end, place: NaN }]) {
    const [from, to] = [Math.max(x, part.left), Math.min(end, part.right)]
    if (to <= from) continue
    // Rounded where the box is: a clip for each box would take longer than all else.
    const [before, after] = [from === x ? radius : 0, to === end ? radius : 0]
    context.fillStyle = fillOf(part.place, look)
    context.beginPath()
    context.roundRect(from, top, to - from, height, [before, after, after, before])
    context.fill()
  }
  context.strokeStyle = look.outline
  context.lineWidth = width > 8 ? 1.2 : 0.6
  context.setLineDash([])
  context.beginPath()
  context.roundRect(x, top, width, height, radius)
  context.stroke()
}

// A place's shade, or the mark of what is no size.
function fillOf(place, look) {
  if (Number.isNaN(place)) return look.ground
  if (place === Infinity) return look.marks.notFinite
  return place === -Infinity ? look.marks.zero : `rgb(${shadeAt(look.ramp, place)})`
}

function drawBranch(context, { top, height }, left, right, look, share) {
  const through = Number.isFinite(share) ? Math.min(1, Math.max(0, 1 - share)) : 1
  context.strokeStyle = look.wire
  context.lineWidth = 0.8 + 3.2 * through
  context.setLineDash([])
  context.beginPath()
  context.moveTo(left, top + height / 2)
  context.lineTo(right, top + height / 2)
  context.stroke()
}

function drawArc(context, { arcs: { top, height }, strip }, left, right, colour, shortcut, share, away) {
  const carried = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0.5
  const width = Math.max(0.7, Math.min(5.5 * carried, (right - left) / 3, height / 2.5))
  const [radius, rise] = [(right - left - (1 - away) * width) / 2, (height - width) * (1 - away)]
  context.strokeStyle = colour
  context.lineWidth = Math.max(width, 2.5 * away)
  context.setLineDash(right - left > 14 ? (DASHES[shortcut] ?? CHANGED) : [])
  context.beginPath()
  const foot = top + height + away * (strip.top + strip.height / 2 - top - height)
  context.ellipse((left + right) / 2, foot, Math.max(0.5, radius), rise, 0, Math.PI, 0)
  context.stroke()
}

/** Patterns for what is no size: exactly 0 is crossed out, not finite is striped. */
export function marksFor(context, theme) {
  const [ground, ink] = theme === "dark" ? ["#0f151c", "#a0aab4"] : ["#ffffff", "#66717d"]
  const lines = (colour, draw) => {
    const tile = new OffscreenCanvas(8, 8)
    const brush = tile.getContext("2d")
    brush.fillStyle = ground
    brush.fillRect(0, 0, 8, 8)
    brush.strokeStyle = colour
    brush.lineWidth = 2
    brush.beginPath()
    draw(brush)
    brush.stroke()
    return context.createPattern(tile, "repeat")
  }
  return {
    zero: lines(ink, (brush) => {
      brush.moveTo(1, 1)
      brush.lineTo(7, 7)
      brush.moveTo(7, 1)
      brush.lineTo(1, 7)
    }),
    notFinite: lines("#c4332b", (brush) => {
      for (const at of [-4, 0, 4]) {
        brush.moveTo(at, 8)
        brush.lineTo(at + 8, 0)
      }
    }),
  }
}
