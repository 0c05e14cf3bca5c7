// A residual net of n blocks as the sum of 2^n paths: each goes through a block's branch or past it.

const SVG = "http://www.w3.org/2000/svg"
const [WIDTH, TOP, BOX, ROW] = [660, 74, 46, 15]

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".paths")
  if (host.dataset.blocks === String(data.blocks) && host.dataset.words === JSON.stringify(data.words)) return
  host.dataset.blocks = data.blocks
  host.dataset.words = JSON.stringify(data.words)
  new Paths(host, data)
}

function made(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  return element
}

class Paths {
  path = 0
  removed = new Set()

  constructor(host, { blocks, words }) {
    Object.assign(this, { host, blocks, words })
    // By how many branches they go through, so that lengths stand together.
    this.paths = Array.from({ length: 2 ** blocks }, (_, bits) => bits).sort((a, b) => ones(a) - ones(b) || a - b)
    this.draw()
  }

  x(block) {
    return 60 + ((WIDTH - 120) * (block + 0.5)) / this.blocks
  }

  isOpen(bits) {
    return ![...this.removed].some((block) => bits & (1 << block))
  }

  draw() {
    const { blocks, words, paths } = this
    const isFocused = this.host.contains(document.activeElement) ? document.activeElement.dataset.place : null
    const height = TOP + 70 + ROW * paths.length + 10
    const svg = made("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": words.title })
    const bits = paths[this.path]
    for (let block = 0; block < blocks; block += 1) this.block(svg, block, Boolean(bits & (1 << block)))
    svg.append(made("line", { class: "wire lit", x1: 8, x2: this.x(0) - BOX, y1: TOP, y2: TOP }))
    svg.append(made("line", { class: "wire lit", x1: this.x(blocks - 1) + BOX, x2: WIDTH - 8, y1: TOP, y2: TOP }))
    paths.forEach((one, row) => this.row(svg, one, row))
    const said = document.createElement("p")
    said.setAttribute("role", "status")
    const open = paths.filter((one) => this.isOpen(one)).length
    said.textContent = words.said
      .replace("{path}", this.path + 1).replace("{paths}", paths.length)
      .replace("{length}", ones(bits)).replace("{open}", open)
    const slider = document.createElement("input")
    Object.assign(slider, { type: "range", min: 0, max: paths.length - 1, value: this.path })
    slider.setAttribute("aria-label", words.choose)
    slider.dataset.place = "slider"
    slider.oninput = () => { this.path = Number(slider.value); this.draw() }
    this.host.replaceChildren(said, slider, svg)
    if (isFocused) this.host.querySelector(`[data-place="${isFocused}"]`)?.focus()
  }

  block(svg, block, isThrough) {
    const x = this.x(block)
    const isOut = this.removed.has(block)
    const [from, to] = [x - BOX, x + BOX]
    svg.append(made("path", { class: `wire ${isThrough ? "" : "lit"}`, d: `M${from} ${TOP}C${from + 14} ${TOP - 66} ${to - 14} ${TOP - 66} ${to} ${TOP}` }))
    svg.append(made("line", { class: `wire ${isThrough ? "lit" : ""} ${isOut ? "out" : ""}`, x1: from, x2: to, y1: TOP, y2: TOP }))
    if (block + 1 < this.blocks) svg.append(made("line", { class: "wire lit", x1: to, x2: this.x(block + 1) - BOX, y1: TOP, y2: TOP }))
    const box = made("g", { role: "button", tabindex: 0, "data-place": block, "aria-pressed": isOut, "aria-label": `${this.words.block} ${block + 1}` })
    box.append(made("rect", { class: `box ${isThrough ? "lit" : ""} ${isOut ? "out" : ""}`, x: x - 22, y: TOP - 18, width: 44, height: 36, rx: 6 }))
    box.append(made("text", { x, y: TOP + 5, "text-anchor": "middle" }, `F${block + 1}`))
    const press = () => { isOut ? this.removed.delete(block) : this.removed.add(block); this.draw() }
    box.onclick = press
    box.onkeydown = (event) => {
      if (!["Enter", " "].includes(event.key)) return
      event.preventDefault()
      press()
    }
    svg.append(box)
  }

  row(svg, bits, row) {
    const y = TOP + 60 + row * ROW
    const group = made("g", { class: `path ${row === this.path ? "chosen" : ""} ${this.isOpen(bits) ? "" : "out"}` })
    group.append(made("rect", { class: "ground", x: 0, y: y - ROW / 2, width: WIDTH, height: ROW }))
    group.append(made("line", { class: "wire", x1: 8, x2: WIDTH - 8, y1: y, y2: y }))
    for (let block = 0; block < this.blocks; block += 1) {
      if (bits & (1 << block)) group.append(made("rect", { class: "stop", x: this.x(block) - 16, y: y - 5, width: 32, height: 10, rx: 3 }))
    }
    group.onclick = () => { this.path = row; this.draw() }
    svg.append(group)
  }
}

function ones(bits) {
  return [...bits.toString(2)].filter((digit) => digit === "1").length
}
