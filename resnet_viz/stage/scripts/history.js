// What a stage knows of a race: its nets, and their records as far as they have come.

/** Float32 values in base64, little-endian. */
function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

/** Float32 values that grow at their end; room is doubled, so that growing stays cheap. */
class Column {
  values = new Float32Array(64)
  length = 0

  append(more) {
    if (this.length + more.length > this.values.length) {
      const wider = new Float32Array(Math.max(2 * this.values.length, this.length + more.length))
      wider.set(this.values.subarray(0, this.length))
      this.values = wider
    }
    this.values.set(more, this.length)
    this.length += more.length
  }
}

/** A quantity of one net: rows of values, each taken at a step. */
class Series {
  steps = []
  rows = new Column()

  get width() {
    return this.steps.length ? this.rows.length / this.steps.length : 0
  }

  /** The newest row that is not after a step; -1 if there is none. */
  rowAt(step) {
    let low = 0
    let high = this.steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.steps[middle] <= step) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The values of a row. */
  row(index) {
    return this.rows.values.subarray(index * this.width, (index + 1) * this.width)
  }
}

export class History {
  /** From a whole message (message.py). */
  constructor(message) {
    this.nets = message.nets
    this.steps = message.steps
    this.isOpen = Boolean(message.open) // nobody knows how many steps there will be
    this.quantities = message.quantities
    this.words = message.words
    this.records = message.nets.map(() => ({ loss: new Column(), accuracy: new Column(), series: {} }))
    this.merge(message)
  }

  /** Append what is new; false if rows between are missing, so that the whole is needed. */
  merge(news) {
    const fits = news.records.every((own, i) => this.#fits(this.records[i], own))
    if (!fits) return false
    news.records.forEach((own, i) => {
      const kept = this.records[i]
      kept.loss.append(numbers(own.curves.loss))
      kept.accuracy.append(numbers(own.curves.accuracy))
      for (const [name, { steps, values }] of Object.entries(own.series)) {
        kept.series[name] ??= new Series()
        kept.series[name].steps.push(...steps)
        kept.series[name].rows.append(numbers(values))
      }
    })
    this.ends = news.ends
    this.over = news.over
    return true
  }

  #fits(kept, own) {
    if (own.curves.begin !== kept.loss.length) return false
    return Object.entries(own.series).every(
      ([name, { begin }]) => begin === (kept.series[name]?.steps.length ?? 0),
    )
  }

  series(net, name) {
    return this.records[net].series[name] ?? new Series()
  }

  /** How many updates of a net are recorded. */
  done(net) {
    return this.records[net].loss.length
  }

  /** The last place to look at: the newest record of the hindmost net, or the end. */
  get newest() {
    const counts = this.records.map(({ loss }) => loss.length)
    if (this.over) return Math.max(0, ...counts.map((count, i) => (this.ends[i] ? count : count - 1)))
    const begun = counts.filter(Boolean)
    return begun.length ? Math.min(...begun) - 1 : 0
  }

  /** The mean of a curve over the last few records before a step, and how many they are. */
  recent(net, curve, step, most = 5) {
    const { values, length } = this.records[net][curve]
    const end = Math.min(step + 1, length)
    const part = values.subarray(Math.max(0, end - most), end)
    return { mean: part.reduce((sum, value) => sum + value, 0) / part.length, count: part.length }
  }
}

/** "step {step}" with its braces filled in. */
export const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "")
