// Loss and accuracy by step, each net a line; a cursor at the step shown.

const FAINT = 0.16
const MARGIN = 3 // pixels beyond the region that a line at its edge takes

/** The lines of both charts: those of many steps take long, and are drawn once while no more is known. */
export class CurveLines {
  #known = []
  #canvas = null

  /**
   * Lay them on `context` up to `cut`, in its pixels, and faintly what comes after. `paint` draws them,
   * where another of `known` is there than before.
   */
  draw(context, { left, top, width, height }, known, paint, cut) {
    const dense = context.getTransform().a
    const [x, y] = [left, top].map((edge) => Math.floor(edge * dense) - MARGIN)
    const size = [width, height].map((side) => Math.max(1, Math.ceil(side * dense) + 2 * MARGIN))
    const all = [...known, dense, x, y, ...size]
    if (all.length !== this.#known.length || all.some((one, i) => one !== this.#known[i])) {
      this.#known = all
      this.#canvas = new OffscreenCanvas(...size)
      const brush = this.#canvas.getContext("2d")
      brush.setTransform(dense, 0, 0, dense, -x, -y)
      paint(brush)
    }
    const middle = Math.min(size[0], Math.max(0, Math.round(cut * dense) - x))
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    for (const [from, to, alpha] of [[0, middle, 1], [middle, size[0], FAINT]]) {
      if (to === from) continue
      context.globalAlpha = alpha
      context.drawImage(this.#canvas, from, 0, to - from, size[1], x + from, y, to - from, size[1])
    }
    context.restore()
  }
}

/** Draw both charts into a region of these pixels; `lines` is what keeps their lines. */
export function drawCurves(context, region, history, look, { step, font, words, lines }) {
  const { left, top, width, height } = region
  const gap = 2.4 * font
  const each = (height - gap) / 2
  const area = (number) => ({
    left: left + 3.1 * font,
    right: left + width - 0.5 * font,
    top: top + number * (each + gap) + 1.6 * font,
    bottom: top + number * (each + gap) + each,
  })
  const [loss, accuracy] = [area(0), area(1)]
  const [low, high] = lossLimits(history)
  const chances = history.nets.map(({ classes }) => classes).filter(Boolean)
  const guess = chances.length && chances.every((one) => one === chances[0]) ? chances[0] : null
  const at = (lossValue) => Math.log10(Math.min(high, Math.max(low, lossValue)) / low) / Math.log10(high / low)
  const x = (place) => loss.left + (place / Math.max(1, history.steps)) * (loss.right - loss.left)
  const charts = [
    {
      area: loss,
      title: words.loss,
      curve: "loss",
      share: at,
      ticks: lossTicks(low, high).map((tick) => [at(tick), `${tick}`]),
      level: guess && [at(Math.log(guess)), words.guessing],
    },
    {
      area: accuracy,
      title: words.accuracy,
      curve: "accuracy",
      share: (part) => part,
      ticks: [0, 0.25, 0.5, 0.75, 1].map((part) => [part, `${100 * part}%`]),
      level: guess && [1 / guess, words.guessing],
    },
  ]
  for (const chart of charts) drawAxes(context, chart, look, font)
  const known = [look, history, font, low, high, ...history.records.flatMap((own) => [own.loss.length, own.accuracy.length])]
  lines.draw(context, region, known, (brush) => charts.forEach((chart) => paintLines(brush, chart, history, look, font, x)), x(step))
  for (const chart of charts) drawEnds(context, chart, history, look, { font, step, x })
  const isRecorded = history.records.some((own) => own.loss.length)
  const isEmpty = history.records.every(
    ({ accuracy }) => !accuracy.values.subarray(0, accuracy.length).some(Number.isFinite),
  )
  if (isRecorded && isEmpty) drawNote(context, accuracy, look, font, words.not_measured)
}

function drawNote(context, { left, right, top, bottom }, look, font, words) {
  context.font = `${0.9 * font}px ${look.family}`
  context.fillStyle = look.muted
  context.textAlign = "center"
  context.textBaseline = "bottom"
  context.fillText(words, (left + right) / 2, (top + bottom) / 2)
}

function lossLimits(history) {
  let [low, high] = [Infinity, 0]
  for (const { loss } of history.records) {
    for (let i = 0; i < loss.length; i += 1) {
      const value = loss.values[i]
      if (!(value > 0) || !Number.isFinite(value)) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  if (!high) return [0.1, 4]
  return [Math.max(0.8 * low, high * 1e-6), 1.15 * high]
}

// The roundest numbers of which some lie between.
const DIGITS = [[1, 3], [1, 2, 3, 5], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]]

function lossTicks(low, high) {
  const of = (digits) => {
    const powers = Array.from({ length: 18 }, (_, i) => i - 6)
    const all = powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    return all.filter((tick) => tick >= low && tick <= high)
  }
  const ticks = DIGITS.map(of).find((some) => some.length > 2) ?? of(DIGITS.at(-1))
  return ticks.filter((_, i) => i % Math.ceil(ticks.length / 5) === 0)
}

const heightOf = ({ top, bottom }, share) => bottom - share * (bottom - top)

function drawAxes(context, { area, title, ticks, level }, look, font) {
  context.textBaseline = "middle"
  context.fillStyle = look.text
  context.textAlign = "left"
  context.font = `600 ${0.9 * font}px ${look.family}`
  context.fillText(title, area.left, area.top - 0.85 * font)
  context.font = `${0.78 * font}px ${look.family}`
  context.textAlign = "right"
  context.lineWidth = 1
  context.setLineDash([])
  for (const [share, words] of ticks) {
    const y = heightOf(area, share)
    context.strokeStyle = look.grid
    line(context, area.left, y, area.right, y)
    context.fillStyle = look.muted
    context.fillText(words, area.left - 0.4 * font, y)
  }
  if (!level || !(level[0] >= 0 && level[0] <= 1)) return
  const y = heightOf(area, level[0])
  context.strokeStyle = look.muted
  context.setLineDash([4, 4])
  line(context, area.left, y, area.right, y)
  context.setLineDash([])
  context.fillText(level[1], area.right, y - 0.55 * font)
}

function paintLines(context, { area, curve, share }, history, look, font, x) {
  history.records.forEach((own, net) => {
    context.strokeStyle = look.colours[net]
    context.setLineDash(look.dashes[net])
    context.lineWidth = Math.max(2, 0.15 * font)
    path(context, own[curve], x, (value) => heightOf(area, share(value)))
  })
}

// What was measured after the last step, and the cursor.
function drawEnds(context, { area, curve, share }, history, look, { font, step, x }) {
  history.records.forEach((own, net) => {
    const { length } = own[curve]
    const end = history.ends[net]?.[curve] ?? null
    if (step < length || end === null) return
    dot(context, x(length), heightOf(area, share(end)), 0.28 * font, look.colours[net])
  })
  context.setLineDash([])
  context.strokeStyle = look.text
  context.lineWidth = 1.5
  line(context, x(step), area.top, x(step), area.bottom)
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath()
  context.moveTo(fromX, fromY)
  context.lineTo(toX, toY)
  context.stroke()
}

function dot(context, x, y, radius, colour) {
  context.fillStyle = colour
  context.beginPath()
  context.arc(x, y, radius, 0, 7)
  context.fill()
}

// A value that is not finite leaves a gap.
function path(context, { values, length }, x, y) {
  context.beginPath()
  let isOn = false
  for (let i = 0; i < length; i += 1) {
    const at = Number.isFinite(values[i]) ? y(values[i]) : NaN
    if (Number.isNaN(at)) isOn = false
    else if (isOn) context.lineTo(x(i), at)
    else {
      context.moveTo(x(i), at)
      isOn = true
    }
  }
  context.stroke()
}
