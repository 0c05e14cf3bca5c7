// A part of live_chart.js: figures as Python sends them (drawn.py), and what has changed of them.

const KINDS = {
  int8: Int8Array, int16: Int16Array, int32: Int32Array, uint8: Uint8Array, uint16: Uint16Array,
  uint32: Uint32Array, float32: Float32Array, float64: Float64Array,
}

// An array of numbers with one or two axes, and how plotly takes it.
class Numbers {
  constructor(values, shape) {
    Object.assign(this, { values, shape })
    const [rows, columns] = shape
    this.shown = shape.length === 1 ? values : Array.from({ length: rows }, (_, row) =>
      values.subarray(row * columns, (row + 1) * columns))
  }

  // The first `kept` of the last axis, then those of `end`.
  ended(kept, end) {
    const columns = this.shape.at(-1), more = end.shape.at(-1), width = kept + more
    const rows = this.shape.length === 1 ? 1 : this.shape[0]
    const values = new this.values.constructor(rows * width)
    for (let row = 0; row < rows; row++) {
      values.set(this.values.subarray(row * columns, row * columns + kept), row * width)
      values.set(end.values.subarray(row * more, (row + 1) * more), row * width + kept)
    }
    return new Numbers(values, [...this.shape.slice(0, -1), width])
  }
}

function parse(text) {
  return JSON.parse(text, (key, value) => {
    if (typeof value?.numbers !== "string") return value
    const bytes = Uint8Array.from(atob(value.numbers), (letter) => letter.charCodeAt(0))
    return new Numbers(new KINDS[value.dtype](bytes.buffer), value.shape)
  })
}

function changed(tree, changes) {
  for (const [path, kind, ...what] of changes) {
    const last = path.at(-1)
    const part = path.slice(0, -1).reduce((whole, key) => whole[key], tree)
    if (kind === "set") part[last] = what[0]
    else if (kind === "drop") delete part[last]
    else part[last] = part[last].ended(...what)
  }
  return tree
}

// A copy for plotly, which writes into what it is given; the numbers are not copied.
function copied(value, recolour, key = "") {
  if (value instanceof Numbers) return value.shown
  if (Array.isArray(value)) return value.map((one) => copied(one, recolour, key))
  if (value && typeof value === "object") {
    const parts = Object.entries(value).map(([name, one]) => [name, copied(one, recolour, name)])
    return Object.fromEntries(parts)
  }
  return recolour(key, value)
}

function shown(value) {
  return value instanceof Numbers ? value.shown : value
}

function merge(target, changes) {
  for (const [key, value] of Object.entries(changes)) {
    const isPart = value && typeof value === "object" && !Array.isArray(value)
    if (isPart && target[key]) merge(target[key], value)
    else target[key] = value
  }
}
