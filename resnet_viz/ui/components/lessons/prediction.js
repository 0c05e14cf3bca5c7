// A reader's prediction: choices to press, or a curve to drag. The browser keeps it, no account does.

const STEP = 0.02 // of the axis, for a press of an arrow key
const mounted = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".prediction") ?? parentElement
  const view = mounted.get(host) ?? new Prediction(host)
  mounted.set(host, view)
  if (data.in_class && !view.isCounted) setStateValue("reader", reader())
  view.isCounted = data.in_class
  view.hear(data, (guess) => setStateValue("guess", guess))
}

/** A random name of this browser's, by which a class counts a reader once; the server hashes it. */
function reader() {
  const place = "resnet_viz.reader"
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  try {
    name = localStorage.getItem(place) ?? name
    localStorage.setItem(place, name)
  } catch {} // a private window: for this visit
  return name
}

class Prediction {
  constructor(host) {
    this.host = host
    onOtherWidth(host, () => this.axes && this.draw())
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

  curve() {
    const { x, low, high, log, words, frozen, measured, ask } = this.data
    this.heights ??= this.guess ?? x.map(() => (log ? Math.sqrt(low * high) : (low + high) / 2))
    if (this.guess && frozen) this.heights = this.guess
    this.axes = new CurveAxes(this.host, this.data, ask, "group")
    const { svg } = this.axes
    this.line = made("path", { class: "mine" })
    svg.append(this.line)
    if (measured) this.axes.measured(measured)
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
    const circle = made("circle", { cx: this.axes.across(i), r: 11, "data-place": i, ...(frozen ? { class: "fixed" } : about) })
    svg.append(circle)
    if (frozen) return circle
    const put = (y) => {
      this.heights[i] = this.axes.value(y)
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
      put(this.axes.scale(this.heights[i]) - up * STEP * (HEIGHT - BOTTOM - TOP))
    }
    return circle
  }

  /** A height as a slider's number: on a logarithmic axis its power of ten. */
  told(height) {
    return Number((this.data.log ? Math.log10(height) : height).toFixed(4))
  }

  move() {
    this.line.setAttribute("d", this.axes.path(this.heights))
    this.points.forEach((circle, i) => {
      circle.setAttribute("cy", this.axes.scale(this.heights[i]))
      circle.setAttribute("aria-valuenow", this.told(this.heights[i]))
      circle.setAttribute("aria-valuetext", short(this.heights[i]))
    })
  }
}
