// What the pointer is on: a box of a strip, or a layer and a step of a waterfall.

import { filled } from "./history.js"

/** Net, layers and step below the pointer; null where there is nothing to say. */
export function below(x, y, { rows, left, right }, axis, history, boxesOf, step, newest) {
  const net = rows.findIndex(({ top, waterfall }) => y >= top && y <= waterfall.top + waterfall.height)
  if (net < 0 || x < left || x > right) return null
  const { depth } = history.nets[net]
  const box = boxesOf[net].find(({ first, last }) => x >= axis.from(first, depth) && x <= axis.to(last, depth))
  if (!box) return null
  const { waterfall } = rows[net]
  if (y < waterfall.top || waterfall.height < 1) return { net, box, first: box.first, last: box.last, step }
  const layer = Math.ceil((x - axis.from(1, depth)) / axis.each)
  const at = Math.floor(((y - waterfall.top) / waterfall.height) * history.steps)
  return at > newest ? null : { net, box, first: layer, last: layer, step: at }
}

/** The words for it: where, and the values there. */
export function wordsFor({ net, box, first, last, step }, history, about) {
  const { words } = history
  const series = history.series(net, about.name)
  const row = series.rowAt(step)
  const spans = history.nets[net].along[about.name].at
  const values = row < 0 ? [] : [...series.row(row)].filter((_, i) => spans[i][0] <= last && spans[i][1] >= first)
  const layers = filled(first === last ? words.layer : words.layers, { first, last })
  const said = values.map((value) => valueWords(value, words)).join(", ") || words.not_measured
  const taken = row < 0 ? step : series.steps[row]
  return `${history.nets[net].name}, ${box.label}, ${layers}\n${about.title}: ${said} (${words.step} ${taken})`
}

function valueWords(value, words) {
  if (Number.isNaN(value)) return words.not_measured
  if (!Number.isFinite(value)) return words.not_finite
  return value === 0 ? words.zero : value.toPrecision(3)
}
