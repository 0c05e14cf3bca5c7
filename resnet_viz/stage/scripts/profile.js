// Profile: a quantity by layer at one step, a line per net, on the same axis as the strips.

/** Draw it into an area; `rowOf(net)` is the row of a net's series that is shown. */
export function drawProfile(context, { top, height }, { left, right }, history, about, axis, look, font, rowOf) {
  const [low, high] = limits(history, about)
  const size = about.log ? Math.log10 : (value) => value
  const y = (value) => top + height * (1 - (size(value) - low) / (high - low))
  context.font = `${0.78 * font}px ${look.family}`
  context.textBaseline = "middle"
  context.lineWidth = 1
  context.setLineDash([])
  for (const tick of ticks(low, high)) {
    const at = top + height * (1 - (tick - low) / (high - low))
    context.strokeStyle = look.grid
    context.beginPath()
    context.moveTo(left, at)
    context.lineTo(right, at)
    context.stroke()
    context.fillStyle = look.muted
    context.textAlign = "right"
    context.fillText(about.log ? power(tick) : `${Number(tick.toPrecision(3))}`, left - 0.3 * font, at)
  }
  history.nets.forEach((net, number) => {
    const row = rowOf(number)
    if (row < 0) return
    const values = history.series(number, about.name).row(row)
    context.strokeStyle = look.colours[number]
    context.setLineDash(look.dashes[number])
    context.lineWidth = Math.max(2, 0.15 * font)
    context.beginPath()
    let isOn = false
    net.along[about.name].at.forEach(([first, last], column) => {
      const value = values[column]
      const at = Number.isFinite(value) && (value > 0 || !about.log) ? y(value) : NaN
      if (Number.isNaN(at)) isOn = false
      else {
        const x = (axis.from(first, net.depth) + axis.to(last, net.depth)) / 2
        if (isOn) context.lineTo(x, at)
        else context.moveTo(x, at)
        isOn = true
      }
    })
    context.stroke()
  })
  context.setLineDash([])
}

/** Whole decades (or a little room) around all that is known, so that the axis stands still. */
function limits(history, about) {
  const all = history.nets.map((_, net) => reachOf(history.series(net, about.name).rows, about.log))
  const [low, high] = [Math.min(...all.map((one) => one.low)), Math.max(...all.map((one) => one.high))]
  if (low > high) return about.log ? [-3, 1] : [0, 1]
  if (!about.log) return [Math.min(0, low), high === Math.min(0, low) ? low + 1 : high]
  const bottom = Math.floor(Math.log10(low))
  return [bottom, Math.max(bottom + 1, Math.ceil(Math.log10(high)))]
}

const reaches = new WeakMap() // of a series: between what its values lie, and how many of them were looked at

function reachOf(rows, isLog) {
  const reach = reaches.get(rows) ?? { seen: 0, low: Infinity, high: -Infinity }
  reaches.set(rows, reach)
  for (; reach.seen < rows.length; reach.seen += 1) {
    const value = rows.values[reach.seen]
    if (!Number.isFinite(value) || (isLog && !(value > 0))) continue
    reach.low = Math.min(reach.low, value)
    reach.high = Math.max(reach.high, value)
  }
  return reach
}

function ticks(low, high) {
  const every = Math.max(1e-9, (high - low) / 4)
  const step = every > 1 ? Math.ceil(every) : Number(every.toPrecision(1))
  const first = Math.ceil(low / step) * step
  return Array.from({ length: Math.floor((high - first) / step + 1e-6) + 1 }, (_, i) => first + i * step)
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }
const power = (exponent) =>
  Number.isInteger(exponent) ? `10${[...`${exponent}`].map((c) => RAISED[c]).join("")}` : ""
