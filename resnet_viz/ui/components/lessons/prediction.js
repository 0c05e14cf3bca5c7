// A reader's prediction: choices to press, or a curve to drag. The browser keeps it, no account does.

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [300, 74, 16, 16, 52]
const [LEAST, MOST, EDGES] = [260, 640, 42] // pixels of its width
const STEP = 0.02 // of the axis, for a press of an arrow key
const SVG = "http://www.w3.org/2000/svg"
const mounted = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".prediction") ?? parentElement
  const view = mounted.get(host) ?? new Prediction(host)
  mounted.set(host, view)
  view.hear(data, (guess) => setStateValue("guess", guess))
}

function made(name, attributes = {}, text = "") {
  const isDrawn = ["svg", "path", "line", "circle", "text", "rect"].includes(name)
  const element = isDrawn ? document.createElementNS(SVG, name) : document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  return element
}

class Prediction {
  constructor(host) {
    this.host = host
    // Drawn for its width, so that its letters keep their size.
    new ResizeObserver(() => {
      const isOther = Math.abs(Math.min(MOST, Math.max(LEAST, host.clientWidth - EDGES)) - (this.width ?? 0)) > 8
      if (this.width && isOther) this.draw()
    }).observe(host)
  }

  hear(data, send) {
    const isSame = this.shown === JSON.stringify(data)
    this.send = send
    if (isSame) return
    this.shown = JSON.stringify(data)
    this.data = data
    this.guess = data.guess ?? this.guess ?? this.kept()
    if (data.guess == null && this.guess != null) send(this.guess)
    this.draw()
  }

  get place() {
    return `resnet_viz.${this.data.key}`
  }

  /** What this browser kept of an earlier visit, if it still fits. */
  kept() {
    try {
      const guess = JSON.parse(localStorage.getItem(this.place))
      const { kind, choices, x, low, high } = this.data
      if (kind === "choice") return choices.some(([name]) => name === guess) ? guess : null
      const fits = Array.isArray(guess) && guess.length === x.length
      return fits && guess.every((y) => y >= low && y <= high) ? guess : null
    } catch {
      return null
    }
  }

  keep(guess) {
    this.guess = guess
    try {
      localStorage.setItem(this.place, JSON.stringify(guess))
    } catch {} // a private window: it is kept for this visit
    this.send(guess)
    this.draw()
  }

  draw() {
    const { ask, kind } = this.data
    const focused = this.host.contains(document.activeElement) && document.activeElement.dataset.place
    this.host.replaceChildren(made("p", { class: "ask" }, ask))
    kind === "choice" ? this.choices() : this.curve()
    if (focused) this.host.querySelector(`[data-place="${focused}"]`)?.focus()
  }

  choices() {
    const { choices, frozen, measured, words, ask } = this.data
    const group = made("div", { class: "choices", role: "radiogroup", "aria-label": ask })
    for (const [name, text] of choices) {
      const chosen = name === this.guess
      const button = made("button", { type: "button", role: "radio", "aria-checked": chosen, "data-place": name }, text)
      button.disabled = frozen
      button.onclick = () => this.keep(name)
      const marks = [chosen && words.yours, name === measured && words.measured].filter(Boolean)
      if (marks.length) button.append(made("span", { class: "mark" }, marks.join(" · ")))
      group.append(button)
    }
    this.host.append(group)
  }

  scale(value) {
    const { low, high, log } = this.data
    const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
    return HEIGHT - BOTTOM - Math.min(1, Math.max(0, share)) * (HEIGHT - BOTTOM - TOP)
  }

  value(y) {
    const { low, high, log } = this.data
    const share = Math.min(1, Math.max(0, (HEIGHT - BOTTOM - y) / (HEIGHT - BOTTOM - TOP)))
    return log ? low * (high / low) ** share : low + share * (high - low)
  }

  across(i) {
    return LEFT + ((this.width - LEFT - RIGHT) * (i + 0.5)) / this.data.x.length
  }

  curve() {
    const { x, low, high, log, words, frozen, measured, x_title, y_title, ask } = this.data
    this.width = Math.min(MOST, Math.max(LEAST, this.host.clientWidth - EDGES))
    this.heights ??= this.guess ?? x.map(() => (log ? Math.sqrt(low * high) : (low + high) / 2))
    if (this.guess && frozen) this.heights = this.guess
    const svg = made("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, role: "group", "aria-label": ask })
    const ticks = log ? decades(low, high) : [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low))
    for (const tick of ticks) {
      const y = this.scale(tick)
      svg.append(made("line", { class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }))
      svg.append(made("text", { x: LEFT - 8, y: y + 5, "text-anchor": "end" }, short(tick)))
    }
    svg.append(made("line", { class: "axis", x1: LEFT, x2: this.width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }))
    x.forEach((at, i) => svg.append(made("text", { x: this.across(i), y: HEIGHT - BOTTOM + 20, "text-anchor": "middle" }, short(at))))
    svg.append(made("text", { x: (LEFT + this.width - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, x_title))
    const middle = (TOP + HEIGHT - BOTTOM) / 2
    svg.append(made("text", { x: 16, y: middle, "text-anchor": "middle", transform: `rotate(-90 16 ${middle})` }, y_title))
    this.line = made("path", { class: "mine" })
    svg.append(this.line)
    if (measured) {
      svg.append(made("path", { class: "theirs", d: this.path(measured) }))
      measured.forEach((value, i) => Number.isFinite(value) &&
        svg.append(made("rect", { class: "theirs-mark", x: this.across(i) - 5, y: this.scale(value) - 5, width: 10, height: 10 })))
    }
    this.points = x.map((at, i) => this.point(svg, at, i))
    this.move()
    this.host.append(svg)
    const row = made("div", { class: "row" })
    if (!frozen) {
      const button = made("button", { type: "button", "data-place": "keep" }, this.guess ? words.change : words.keep)
      button.onclick = () => this.keep([...this.heights])
      row.append(button, made("span", {}, this.guess ? words.kept : words.drag))
    }
    if (measured) row.append(keyOf("own", words.yours), keyOf("", words.measured))
    this.host.append(row)
  }

  point(svg, at, i) {
    const { frozen, x_title, y_title, low, high } = this.data
    const about = { role: "slider", tabindex: 0, "aria-label": `${y_title}, ${x_title} ${at}`, "aria-valuemin": this.told(low), "aria-valuemax": this.told(high), "aria-orientation": "vertical" }
    const circle = made("circle", { cx: this.across(i), r: 11, "data-place": i, ...(frozen ? { class: "fixed" } : about) })
    svg.append(circle)
    if (frozen) return circle
    const put = (y) => {
      this.heights[i] = this.value(y)
      this.move()
    }
    circle.onpointerdown = (event) => circle.setPointerCapture(event.pointerId)
    circle.onpointermove = (event) => {
      if (!circle.hasPointerCapture(event.pointerId)) return
      const box = svg.getBoundingClientRect()
      put(((event.clientY - box.top) / box.height) * HEIGHT)
    }
    circle.onkeydown = (event) => {
      const up = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5 }[event.key]
      if (!up) return
      event.preventDefault()
      event.stopPropagation()
      put(this.scale(this.heights[i]) - up * STEP * (HEIGHT - BOTTOM - TOP))
    }
    return circle
  }

  /** A height as a slider's number: on a logarithmic axis its power of ten. */
  told(height) {
    return Number((this.data.log ? Math.log10(height) : height).toFixed(4))
  }

  path(values) {
    const known = values.map((value, i) => [value, i]).filter(([value]) => Number.isFinite(value))
    return known.map(([value, i], n) => `${n ? "L" : "M"}${this.across(i)} ${this.scale(value)}`).join("")
  }

  move() {
    this.line.setAttribute("d", this.path(this.heights))
    this.points.forEach((circle, i) => {
      circle.setAttribute("cy", this.scale(this.heights[i]))
      circle.setAttribute("aria-valuenow", this.told(this.heights[i]))
      circle.setAttribute("aria-valuetext", short(this.heights[i]))
    })
  }
}

function keyOf(kind, text) {
  const key = made("span", { class: "key" })
  key.append(made("i", { class: kind }), document.createTextNode(text))
  return key
}

function decades(low, high) {
  const ticks = []
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * 1.0001; power += 1) ticks.push(10 ** power)
  const every = Math.ceil(ticks.length / 6)
  return ticks.filter((_, i) => i % every === 0)
}

function short(value) {
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) {
    const [digits, power] = value.toExponential(0).split("e")
    const raised = [...String(Number(power))].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")
    return `${digits === "1" ? "" : `${digits} x `}10${raised}`
  }
  return String(Number(value.toPrecision(3)))
}
