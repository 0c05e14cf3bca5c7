// The blocks of a graph by keyboard: one stop of the Tab key for all of them. The frame keeps the
// focus, whatever is drawn in it, and says which block is the current one: arrows go along the net and
// across its columns. A search goes to blocks by name, kind or shape.

import { expanded, svgElement } from "./colours.js"
import { frontOf } from "./cut.js"
import { light, point, say, tellOthers, wordsOf } from "./pointing.js"

const BOXES = ":is(.stem, .block, .folded, .operation, .head)[data-unit]"
export const BLOCKS = ":is(.stem, .block, .folded, .opened, .head)[data-unit]"
const RING_ROOM = 5 // units of the picture around the block
const SAME_COLUMN = 20 // units of the picture
const KEY_WORDS = "Arrow keys go from block to block, Enter opens, Escape closes."
const CUT_WORDS = "Delete removes."

const STEPS = {
  ArrowDown: (all, at) => all[Math.min(all.length - 1, at + 1)],
  ArrowUp: (all, at) => all[Math.max(0, at - 1)],
  ArrowRight: (all, at) => blockBeside(all, at, 1),
  ArrowLeft: (all, at) => blockBeside(all, at, -1),
  Home: (all) => all[0],
  End: (all) => all.at(-1),
}

export function watchKeys(chart) {
  const { picture, root } = chart
  const find = root.querySelector(".find")
  picture.addEventListener("focus", () => { if (picture.matches(":focus-visible")) goTo(chart, currentBlock(chart) ?? blocksOf(chart)[0], false) })
  picture.addEventListener("blur", () => leaveBlock(chart))
  picture.addEventListener("pointerdown", () => picture.classList.remove("keyed"))
  find.oninput = () => search(chart, find.value, 0)
  find.onkeydown = (event) => pressInSearch(chart, find, event)
  find.onblur = () => picture.classList.remove("keyed")
}

// After each picture: names for screen readers, and the block that was the current one.
export function nameBlocks(chart) {
  chart.svg.setAttribute("role", "group")
  blocksOf(chart).forEach((block, place) => {
    block.id = `block-${chart.source}-${place}`
    block.setAttribute("role", "button")
    block.setAttribute("aria-label", block.dataset.words ?? block.textContent)
  })
  chart.found = []
  ring(chart, currentBlock(chart))
}

export function describeKeys(chart, name) {
  const cut = chart.deletes ? ` ${CUT_WORDS}` : ""
  chart.picture.setAttribute("aria-label", `Blocks of ${name}. ${KEY_WORDS}${cut}`)
}

// In the order of the data's way, in which the picture has its boxes.
export function blocksOf(chart) {
  const units = [...chart.svg.querySelectorAll(BOXES)].map((box) => box.dataset.unit)
  const places = new Map(units.map((unit, place) => [unit, place]))
  const place = (block) => places.get(block.dataset.unit)
  return [...chart.svg.querySelectorAll(BLOCKS)].sort((a, b) => place(a) - place(b))
}

export function currentBlock(chart) {
  const first = chart.at?.split("-")[0]
  return first ? blocksOf(chart).find((block) => block.dataset.unit.split("-")[0] === first) : undefined
}

function centreOf(block) {
  const { x, y, width, height } = frontOf(block).getBBox()
  return { x: x + width / 2, y: y + height / 2 }
}

// The block of the next column that is most nearly on the same height.
function blockBeside(all, at, way) {
  const here = centreOf(all[at])
  const others = all.map((block) => ({ block, ...centreOf(block) })).filter(({ x }) => (x - here.x) * way > SAME_COLUMN)
  const nearest = Math.min(...others.map(({ x }) => Math.abs(x - here.x)))
  const column = others.filter(({ x }) => Math.abs(x - here.x) < nearest + SAME_COLUMN)
  const away = ({ y }) => Math.abs(y - here.y)
  return column.sort((a, b) => away(a) - away(b))[0]?.block ?? all[at]
}

function goTo(chart, block, isSaid = true) {
  if (!block) return
  const { picture } = chart
  chart.at = block.dataset.unit
  picture.classList.add("keyed")
  ring(chart, block)
  block.scrollIntoView({ block: "nearest", inline: "nearest" })
  light(chart, chart.at)
  tellOthers(chart, block)
  const { right, bottom } = frontOf(block).getBoundingClientRect()
  if (isSaid) say(chart, block, { clientX: right - 10, clientY: bottom - 10 })
  block.setAttribute("aria-label", wordsOf(chart, block).replaceAll("\n", ", "))
  picture.setAttribute("aria-activedescendant", block.id)
}

function leaveBlock(chart) {
  chart.picture.classList.remove("keyed")
  point(chart, null)
}

// A frame around the current block; the style sheet shows it while keys are used.
export function ring(chart, block) {
  chart.svg.querySelector(".ring")?.remove()
  if (!block) return chart.picture.removeAttribute("aria-activedescendant")
  const { x, y, width, height } = frontOf(block).getBBox()
  const room = { x: x - RING_ROOM, y: y - RING_ROOM, width: width + 2 * RING_ROOM, height: height + 2 * RING_ROOM, rx: 8 }
  chart.svg.append(svgElement("rect", { ...room, class: "ring" }))
  chart.picture.setAttribute("aria-activedescendant", block.id)
}

// Whether the key was one of the blocks'.
export function pressOnBlocks(chart, event) {
  const all = blocksOf(chart)
  const block = currentBlock(chart) ?? all[0]
  const step = STEPS[event.key]
  if (step) goTo(chart, currentBlock(chart) ? step(all, all.indexOf(block)) : block)
  else if (event.key === "Enter" || event.key === " ") openBlock(chart, block.dataset.unit)
  else if ((event.key === "Delete" || event.key === "Backspace") && chart.deletes) cutBlock(chart, block)
  else if (event.key === "Escape") closeBlock(chart, block)
  else return false
  return true
}

export function openBlock(chart, unit) {
  chart.at = unit
  if (chart.alone) chart.pick(chart.alone.picked === unit ? "" : unit)
  else {
    chart.clicked = unit
    chart.toggle(unit)
  }
}

function closeBlock(chart, block) {
  chart.words.hidden = true
  if (chart.alone?.picked) chart.pick("")
  else if (block.matches(".opened")) openBlock(chart, block.dataset.unit)
}

function cutBlock(chart, { dataset: { unit } }) {
  if (unit.startsWith("stages.")) chart.cut(expanded(unit)[0])
}

// What is written of a block in the picture and in its tooltips, with plain letters.
function textOf(chart, unit) {
  const parts = [...chart.svg.querySelectorAll(`[data-unit="${CSS.escape(unit)}"]`)]
  const [, stage, block] = unit.split(".")
  const numbers = block ? [`${+stage + 1}.${parseInt(block) + 1}`, chart.alone.kind] : []
  return plainLetters([unit, ...numbers, ...parts.flatMap((part) => [part.dataset.words, part.textContent])].join(" "))
}

function plainLetters(text) {
  return text.toLowerCase().replace(/(\d),(?=\d{3})/g, "$1").replaceAll("×", "x").replace(/\s*x\s*(?=\d)/g, "x")
}

// Numbers are whole ones: 28 is not in 128.
function contains(text, part) {
  const before = /^\d/.test(part) ? "(?<![\\d.])" : ""
  const after = /\d$/.test(part) ? "(?!\\d)" : ""
  return new RegExp(before + part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + after).test(text)
}

function search(chart, words, place) {
  const asked = plainLetters(words.trim())
  const all = asked ? blocksOf(chart).map((block) => ({ block, text: textOf(chart, block.dataset.unit) })) : []
  const whole = all.filter(({ text }) => contains(text, asked))
  const some = all.filter(({ text }) => asked.split(/\s+/).every((part) => contains(text, part)))
  const found = (whole.length ? whole : some).map(({ block }) => block)
  for (const block of chart.svg.querySelectorAll(".found")) block.classList.remove("found")
  for (const block of found) block.classList.add("found")
  chart.place = found.length ? (place + found.length) % found.length : 0
  chart.root.querySelector(".count").textContent = !asked ? "" : found.length ? `${chart.place + 1} of ${found.length}` : "No block"
  goTo(chart, found[chart.place], false)
}

function pressInSearch(chart, find, event) {
  event.stopPropagation()
  if (event.key === "Enter") search(chart, find.value, (chart.place ?? -1) + (event.shiftKey ? -1 : 1))
  else if (event.key === "Escape" || event.key === "ArrowDown") {
    event.preventDefault()
    chart.picture.focus({ preventScroll: true })
    goTo(chart, currentBlock(chart))
  }
}
