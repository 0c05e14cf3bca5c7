// Blocks that are removed, marked in their graph, and the block that a click would remove.

import { expanded, svgElement } from "./colours.js"

const CUT_HALO = "stroke:#FFFFFF;stroke-width:6;stroke-linecap:round;fill:none"
const CUT_INK = "stroke:#111111;stroke-width:2.5;stroke-linecap:round;fill:none"
const CUT_REACH = 4 // units of the picture that the mark is larger than its block
const CUT_FREE = 0.2 // of its width, from the middle

// `of`: whose picture it is, which a click says: another may be on its way.
export function showCut(chart, { deleted = "", deletes = false, of = "" }) {
  const blocks = deleted ? deleted.split(",") : []
  Object.assign(chart, { deleted: blocks, deletes, of })
  chart.picture.classList.toggle("cuts", deletes)
  chart.svg.querySelectorAll(".cut").forEach((mark) => mark.remove())
  for (const found of blocks.map((block) => cutPlace(chart, block)).filter(Boolean)) {
    found.g.insertBefore(cutMark(found.room), found.g.querySelector("text"))
  }
}

// The element that shows a block, and where in it: of a run that is drawn as one it is a part.
function cutPlace(chart, block) {
  const all = [...chart.svg.querySelectorAll(":is(.block, .folded, .opened)[data-unit]")]
  const g = all.find((one) => expanded(one.dataset.unit).includes(block))
  if (!g) return null
  const names = g.matches(".opened") ? [block] : expanded(g.dataset.unit)
  const { x, y, width, height } = frontOf(g).getBBox()
  const part = width / names.length
  return { g, room: { x: x + part * names.indexOf(block), y, width: part, height } }
}

export function frontOf(g) {
  return [...g.querySelectorAll(":scope > rect")].at(-1)
}

// A dashed outline, and a cross that leaves the block's number free; dark on a light edge: they are
// seen on every colour, in both themes.
function cutMark({ x, y, width, height }) {
  const outline = {
    x: x - CUT_REACH,
    y: y - CUT_REACH,
    width: width + 2 * CUT_REACH,
    height: height + 2 * CUT_REACH,
    rx: 6,
  }
  const mark = svgElement("g", { class: "cut", style: "pointer-events:none" })
  for (const style of [CUT_HALO, `${CUT_INK};stroke-dasharray:5 5`]) mark.append(svgElement("rect", { ...outline, style }))
  const middle = [x + width / 2, y + height / 2]
  const corners = [-1, 1].flatMap((right) => [-1, 1].map((down) => [right, down]))
  for (const style of [CUT_HALO, CUT_INK]) {
    for (const [right, down] of corners) {
      const [x1, x2] = [0.5, CUT_FREE].map((share) => middle[0] + right * share * outline.width)
      const [y1, y2] = [0.5, CUT_FREE].map((share) => middle[1] + down * share * outline.height)
      mark.append(svgElement("line", { x1, x2, y1, y2, style }))
    }
  }
  return mark
}

// The block under the pointer; null for what is no block.
export function blockAt(chart, element, x) {
  const { unit } = element.dataset
  if (!unit.startsWith("stages.")) return null
  const names = expanded(unit)
  if (names.length === 1) return unit
  const { left, width } = frontOf(element).getBoundingClientRect()
  const at = Math.floor(((x - left) / width) * names.length)
  return names[Math.max(0, Math.min(names.length - 1, at))]
}

export function clickToCut(chart, event) {
  const block = blockAt(chart, event.target.closest("[data-unit]"), event.clientX)
  if (block) chart.cut(block)
}

// What a click does.
export function clickWords(chart, element) {
  const { unit } = element.dataset
  const block = chart.deletes ? blockAt(chart, element, chart.x) : null
  if (block) return chart.deleted.includes(block) ? `click to put ${block} back` : `click to remove ${block}`
  if (chart.deletes) return "no block: it stays"
  if (chart.alone) return chart.alone.click
  const isOpen = chart.svg.querySelector(`.opened[data-unit="${CSS.escape(unit)}"]`)
  return `click to ${isOpen ? "close" : "open"}`
}
