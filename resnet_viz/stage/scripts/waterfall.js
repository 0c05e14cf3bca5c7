// Waterfall of a net: a row per step, growing downwards, and a column per layer of its strip.

import { shadeAt } from "./scale.js"

export class Waterfall {
  #image = null
  #canvas = null
  #drawn = 0

  /** `rows` pixel rows for the steps 0 to `steps` - 1 of a net with this many layers. */
  constructor(depth, steps, rows) {
    this.depth = depth
    this.steps = Math.max(1, steps)
    this.rows = Math.max(1, Math.min(rows, this.steps))
    this.#canvas = new OffscreenCanvas(depth, this.rows)
    this.#image = new ImageData(depth, this.rows)
  }

  /** The first step of a pixel row. */
  stepOf(row) {
    return Math.floor((row * this.steps) / this.rows)
  }

  /** The pixel rows that are whole once a step is recorded. */
  rowsTo(step) {
    return Math.min(this.rows, Math.floor(((step + 1) * this.rows) / this.steps))
  }

  /** Add the rows up to a step that are new. `placeAt(row, column)` is on the scale. */
  grow(series, spans, placeAt, done, look) {
    const rows = this.rowsTo(done - 1)
    if (rows <= this.#drawn) return
    for (let y = this.#drawn; y < rows; y += 1) {
      const row = series.rowAt(this.stepOf(y))
      if (row >= 0) this.#paint(y, row, spans, placeAt, look)
    }
    this.#drawn = rows
    this.#canvas.getContext("2d").putImageData(this.#image, 0, 0)
  }

  #paint(y, row, spans, placeAt, look) {
    for (let column = 0; column < spans.length; column += 1) {
      const place = placeAt(row, column)
      if (Number.isNaN(place)) continue
      for (let layer = spans[column][0]; layer <= spans[column][1]; layer += 1) {
        if (layer < 1) continue
        const at = 4 * (y * this.depth + layer - 1)
        const [r, g, b] = shadeOf(place, (layer + y) % 2, look)
        this.#image.data[at] = r
        this.#image.data[at + 1] = g
        this.#image.data[at + 2] = b
        this.#image.data[at + 3] = 255
      }
    }
  }

  /** Draw what is known up to a step, and faintly what comes after it. */
  draw(context, left, right, { top, height }, step) {
    if (height < 1) return
    const shown = Math.min(this.#drawn, Math.max(1, this.rowsTo(step)))
    const cut = (rows) => (height * rows) / this.rows
    const put = (from, to) =>
      to > from &&
      context.drawImage(
        this.#canvas, 0, from, this.depth, to - from, left, top + cut(from), right - left, cut(to) - cut(from),
      )
    context.imageSmoothingEnabled = false
    put(0, shown)
    context.globalAlpha = 0.14
    put(shown, this.#drawn)
    context.globalAlpha = 1
  }
}

// A pixel is too small for a pattern: what is no size alternates between two colours.
function shadeOf(place, isOdd, look) {
  if (place === Infinity) return isOdd ? [196, 51, 43] : [255, 255, 255]
  if (place === -Infinity) return isOdd ? [102, 113, 125] : look.groundRgb
  return shadeAt(look.ramp, place)
}
