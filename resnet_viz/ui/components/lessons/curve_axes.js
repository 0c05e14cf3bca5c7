// Axes of curves that readers draw: a picture with ticks, and curves of one height per tick.

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [300, 74, 16, 16, 52]
const [LEAST, MOST, EDGES] = [260, 640, 42] // pixels of its width
const SVG = "http://www.w3.org/2000/svg"

function made(name, attributes = {}, text = "") {
  const isDrawn = ["svg", "path", "line", "circle", "text", "rect"].includes(name)
  const element = isDrawn ? document.createElementNS(SVG, name) : document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  return element
}

/** Pictures are drawn for their width, so that letters keep their size. */
function widthIn(host) {
  return Math.min(MOST, Math.max(LEAST, host.clientWidth - EDGES))
}

function onOtherWidth(host, draw) {
  let width = widthIn(host)
  new ResizeObserver(() => {
    if (Math.abs(widthIn(host) - width) <= 8) return
    width = widthIn(host)
    draw()
  }).observe(host)
}

class CurveAxes {
  /** `about` has x, x_title, y_title, low, high and log. */
  constructor(host, about, name, role) {
    this.about = about
    this.width = widthIn(host)
    this.svg = made("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, role, "aria-label": name })
    const { x, low, high, log, x_title, y_title } = about
    const ticks = log ? decades(low, high) : evenly(low, high)
    for (const tick of ticks) {
      const y = this.scale(tick)
      this.svg.append(made("line", { class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }))
      this.svg.append(made("text", { x: LEFT - 8, y: y + 5, "text-anchor": "end" }, short(tick)))
    }
    this.svg.append(made("line", { class: "axis", x1: LEFT, x2: this.width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }))
    x.forEach((at, i) => this.svg.append(made("text", { x: this.across(i), y: HEIGHT - BOTTOM + 20, "text-anchor": "middle" }, short(at))))
    this.svg.append(made("text", { x: (LEFT + this.width - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, x_title))
    const middle = (TOP + HEIGHT - BOTTOM) / 2
    this.svg.append(made("text", { x: 16, y: middle, "text-anchor": "middle", transform: `rotate(-90 16 ${middle})` }, y_title))
  }

  scale(value) {
    const { low, high, log } = this.about
    const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
    return HEIGHT - BOTTOM - Math.min(1, Math.max(0, share)) * (HEIGHT - BOTTOM - TOP)
  }

  value(y) {
    const { low, high, log } = this.about
    const share = Math.min(1, Math.max(0, (HEIGHT - BOTTOM - y) / (HEIGHT - BOTTOM - TOP)))
    return log ? low * (high / low) ** share : low + share * (high - low)
  }

  across(i) {
    return LEFT + ((this.width - LEFT - RIGHT) * (i + 0.5)) / this.about.x.length
  }

  path(values) {
    const known = values.map((value, i) => [value, i]).filter(([value]) => Number.isFinite(value))
    return known.map(([value, i], n) => `${n ? "L" : "M"}${this.across(i)} ${this.scale(value)}`).join("")
  }

  /** What was measured: a line with a square at each point. */
  measured(values) {
    this.svg.append(made("path", { class: "theirs", d: this.path(values) }))
    values.forEach((value, i) => Number.isFinite(value) &&
      this.svg.append(made("rect", { class: "theirs-mark", x: this.across(i) - 5, y: this.scale(value) - 5, width: 10, height: 10 })))
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

function evenly(low, high) {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((size) => size * power).find((size) => size >= rough)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

function short(value) {
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) {
    const [digits, power] = value.toExponential(0).split("e")
    const raised = [...String(Number(power))].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")
    return `${digits === "1" ? "" : `${digits} x `}10${raised}`
  }
  return String(Number(value.toPrecision(3)))
}
