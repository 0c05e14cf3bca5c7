// Loss and accuracy by step, each net a line; a cursor at the step shown.

/** Draw both charts into a region of these pixels. */
export function drawCurves(context, region, history, look, { step, font, words }) {
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
  drawChart(context, loss, history, look, {
    font,
    step,
    title: words.loss,
    curve: "loss",
    height: at,
    ticks: lossTicks(low, high).map((tick) => [at(tick), `${tick}`]),
    level: guess && [at(Math.log(guess)), words.guessing],
  })
  drawChart(context, accuracy, history, look, {
    font,
    step,
    title: words.accuracy,
    curve: "accuracy",
    height: (share) => share,
    ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => [share, `${100 * share}%`]),
    level: guess && [1 / guess, words.guessing],
  })
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

function lossTicks(low, high) {
  const ticks = []
  for (let power = -6; power < 12; power += 1) {
    for (const digit of [1, 3]) {
      const tick = Number(`${digit}e${power}`)
      if (tick >= low && tick <= high) ticks.push(tick)
    }
  }
  return ticks.filter((_, i) => i % Math.ceil(ticks.length / 5) === 0)
}

function drawChart(context, area, history, look, { font, step, title, curve, height, ticks, level }) {
  const y = (share) => area.bottom - share * (area.bottom - area.top)
  const x = (place) => area.left + (place / Math.max(1, history.steps)) * (area.right - area.left)
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
    context.strokeStyle = look.grid
    line(context, area.left, y(share), area.right, y(share))
    context.fillStyle = look.muted
    context.fillText(words, area.left - 0.4 * font, y(share))
  }
  if (level && level[0] >= 0 && level[0] <= 1) {
    context.strokeStyle = look.muted
    context.setLineDash([4, 4])
    line(context, area.left, y(level[0]), area.right, y(level[0]))
    context.setLineDash([])
    context.fillText(level[1], area.right, y(level[0]) - 0.55 * font)
  }
  history.nets.forEach((_, net) => {
    const values = history.records[net][curve]
    context.strokeStyle = look.colours[net]
    context.setLineDash(look.dashes[net])
    context.lineWidth = Math.max(2, 0.15 * font)
    const ends = curve === "accuracy" ? history.ends[net]?.accuracy : history.ends[net]?.loss
    const shown = Math.min(step + 1, values.length)
    path(context, values, 0, shown, x, y, height)
    if (step >= values.length && ends !== undefined && ends !== null) {
      dot(context, x(values.length), y(height(ends)), 0.28 * font, look.colours[net])
    }
    context.globalAlpha = 0.16
    path(context, values, Math.max(0, shown - 1), values.length, x, y, height)
    context.globalAlpha = 1
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
function path(context, { values }, from, to, x, y, height) {
  context.beginPath()
  let isOn = false
  for (let i = from; i < to; i += 1) {
    const at = Number.isFinite(values[i]) ? y(height(values[i])) : NaN
    if (Number.isNaN(at)) isOn = false
    else if (isOn) context.lineTo(x(i), at)
    else {
      context.moveTo(x(i), at)
      isOn = true
    }
  }
  context.stroke()
}
