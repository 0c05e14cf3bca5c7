// The picture of a net: drawn at once from its SVG text, in a frame that scrolls. Its width follows
// the frame (see the style sheet) until it is zoomed: then it has a width of its own.
// Called again with every new picture; what was looked at stays where it was.

import { forgetValues, indexColours, paint, watchValues } from "./colours.js"
import { clickToCut, showCut } from "./cut.js"
import { HTML } from "./frame.js"
import { currentBlock, describeKeys, nameBlocks, openBlock, pressOnBlocks, ring, watchKeys } from "./keys.js"
import { POINT, light, point, unitOf, wordsOf } from "./pointing.js"
import { showLook, tellLook } from "./look.js"
import { drawMap, moveMap } from "./minimap.js"
import { cue, fadeShortcuts, fit, isWhole, setWhole, showPicked, watchSight } from "./sight.js"

const ZOOM_STEP = 1.3
const CLOSEST = 10 // pixels a unit of the picture
const READABLE = 12 // pixels of text
const DRAG_PIXELS = 4

/**
 * Draw a graph into `root`. `data`: its `svg` and its `name`; `file`, the name of a saved picture;
 * `opened`, how many blocks are; `title` above it; `frame` and `whole` (see the style sheet); `group`
 * and `member`, whose values colour it; `deleted` and `deletes`, for blocks that are cut out; `alone`,
 * with the `picked` block, where it has a page to itself. `host` hears `toggle(unit)`, `pick(unit)`,
 * `cut(block, of)` and, of one `alone`, `look(look)`, and gives the `panel()` that shows a picked block. Returns `update` and `destroy`.
 */
export function mount(root, data, host = {}) {
  const chart = begin(root, data)
  const update = (next, hears = host) => draw(chart, next, hears)
  update(data)
  return { update, destroy: () => forget(chart) }
}

function draw(chart, data, host) {
  chart.toggle = (unit) => host.toggle?.(unit)
  chart.cut = (block) => host.cut?.(block, chart.of)
  chart.pick = (unit) => host.pick?.(unit)
  chart.look = host.look
  chart.panel = () => host.panel?.()
  const { file, frame, group, member, alone } = data
  Object.assign(chart, { file, frame, group, member, alone })
  chart.root.querySelector(".title").textContent = data.title ?? ""
  chart.root.setAttribute("aria-label", `Shortcut graph of ${data.name}`)
  if (chart.text !== data.svg) show(chart, data.svg)
  takeRoom(chart)
  showCut(chart, data)
  if (alone) showPicked(chart, alone.picked)
  describeKeys(chart, data.name)
  paint(chart)
  chart.root.querySelector("[data-do=close]").hidden = !data.opened
}

function forget(chart) {
  forgetValues(chart)
  document.removeEventListener(POINT, chart.onPoint)
}

function begin(root, data) {
  root.innerHTML = HTML
  const chart = { root, text: null, svg: null, clicked: null, drag: null, hot: null, under: null }
  chart.source = crypto.randomUUID?.() ?? String(Math.random())
  chart.picture = root.querySelector(".picture")
  chart.words = root.querySelector(".words")
  chart.reword = () => { chart.words.textContent = wordsOf(chart, chart.under) }
  chart.said = root.querySelector(".said")
  root.querySelector(".tools").onclick = ({ target }) => ACTIONS[target.dataset.do]?.(chart)
  root.onkeydown = (event) => press(chart, event)
  chart.picture.addEventListener("wheel", (event) => wheel(chart, event), { passive: false })
  chart.picture.onpointerdown = (event) => grab(chart, event)
  chart.picture.onpointermove = (event) => move(chart, event)
  chart.picture.onpointerup = chart.picture.onpointercancel = () => release(chart)
  chart.picture.onpointerleave = () => point(chart, null)
  chart.picture.onclick = (event) => click(chart, event)
  root.onfullscreenchange = () => reset(chart)
  new ResizeObserver(() => { if (chart.alone && chart.svg) takeRoom(chart); mark(chart) }).observe(chart.picture)
  chart.onPoint = ({ detail }) => { if (detail.source !== chart.source) light(chart, unitOf(chart, detail.name)) }
  document.addEventListener(POINT, chart.onPoint)
  watchValues(chart)
  watchKeys(chart)
  if (data.alone) watchSight(chart)
  root.classList.toggle("compact", Boolean(data.compact))
  if (data.compact || data.whole) setWhole(chart, true)
  return chart
}

const ACTIONS = {
  in: (chart) => zoom(chart, ZOOM_STEP),
  out: (chart) => zoom(chart, 1 / ZOOM_STEP),
  whole: (chart) => showWhole(chart, !isWhole(chart)),
  full: (chart) => (document.fullscreenElement ? document.exitFullscreen() : chart.root.requestFullscreen()),
  save: (chart) => save(chart),
  close: (chart) => chart.toggle(""),
}
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "whole", f: "full" }

function press(chart, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const action = KEYS[event.key]
  if (event.target === chart.picture && pressOnBlocks(chart, event)) return event.preventDefault()
  if (!action) return
  event.preventDefault()
  ACTIONS[action](chart)
}

// What is seen, with the blocks that are open and the colours, as a file.
function save(chart) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([chart.mine ? coloured(chart) : chart.text], { type: "image/svg+xml" }))
  link.download = chart.file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

function coloured(chart) {
  const copy = chart.svg.cloneNode(true)
  copy.removeAttribute("style")
  copy.querySelector(".ring")?.remove()
  for (const [key, value] of Object.entries(chart.size)) copy.setAttribute(key, value)
  return new XMLSerializer().serializeToString(copy)
}

function show(chart, text) {
  const before = chart.svg && { ...chart.size, scale: scale(chart) }
  const former = chart.svg
  if (former) chart.clicked ??= chart.alone?.picked || null
  const anchor = chart.clicked && place(chart, chart.clicked)
  chart.text = text
  chart.picture.innerHTML = text
  chart.svg = chart.picture.querySelector("svg")
  const { width, height } = chart.svg.viewBox.baseVal
  chart.size = { width, height }
  chart.svg.removeAttribute("width")
  chart.svg.removeAttribute("height")
  takeRoom(chart)
  takeTitles(chart)
  indexColours(chart)
  nameBlocks(chart)
  point(chart, null)
  keepLook(chart, before, anchor)
  if (!chart.alone) return
  drawMap(chart)
  if (former) fadeShortcuts(chart, former)
  else showLook(chart, chart.alone.look)
}

// What the style sheet computes the picture's width from: pictures with a common frame, which all of
// them fit in, have one scale.
function takeRoom(chart) {
  const [width, height] = chart.frame ?? [chart.size.width, chart.size.height]
  const { style } = chart.svg
  style.setProperty("--wide", `${width}px`)
  style.setProperty("--ratio", width / height)
  style.setProperty("--share", chart.size.width / width)
  style.setProperty("--readable", READABLE / parseFloat(getComputedStyle(chart.svg).fontSize))
  if (chart.alone) fit(chart)
}

// The browser's own tooltips come late and small: their words are kept for ours.
function takeTitles(chart) {
  for (const title of chart.svg.querySelectorAll("title")) {
    title.parentElement.dataset.words = title.textContent
    title.remove()
  }
}

// A zoomed picture keeps its scale, around the unit that was clicked or if it is of the same size;
// that unit stays where it was.
function keepLook(chart, before, anchor) {
  const after = chart.clicked && place(chart, chart.clicked)
  const isSame = before && before.width === chart.size.width && before.height === chart.size.height
  const stays = isSame || (anchor && after)
  if (chart.isZoomed && stays) chart.svg.style.width = `${before.scale * chart.size.width}px`
  else if (chart.isZoomed) reset(chart)
  chart.clicked = null
  if (anchor && after) {
    const now = chart.svg.getBoundingClientRect()
    chart.picture.scrollLeft += now.left + after.x * scale(chart) - anchor.left
    chart.picture.scrollTop += now.top + after.y * scale(chart) - anchor.top
  } else if (!isSame) chart.picture.scrollTo(0, 0)
  mark(chart)
}

// The top left corner of a unit: in the picture's units (x, y) and in the window's (left, top).
function place(chart, unit) {
  const first = unit.split("-")[0]
  const kinds = ":is(.stem, .block, .folded, .opened, .head)"
  const found = [...chart.svg.querySelectorAll(kinds)].find(
    (element) => element.dataset.unit.split("-")[0] === first,
  )
  if (!found) return null
  const { x, y } = found.getBBox()
  const room = chart.svg.getBoundingClientRect()
  return { x, y, left: room.left + x * scale(chart), top: room.top + y * scale(chart) }
}

function scale(chart) {
  return chart.svg.getBoundingClientRect().width / chart.size.width
}

// Whether there is more of the picture than its frame shows.
function mark(chart) {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight, classList } = chart.picture
  classList.toggle("larger", scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1)
  if (!chart.alone) return
  cue(chart)
  moveMap(chart)
  tellLook(chart)
}

// Back to the width that follows the frame.
function reset(chart) {
  chart.isZoomed = false
  chart.svg.style.width = chart.picture.style.height = ""
}

function showWhole(chart, whole) {
  reset(chart)
  chart.isChosen = true
  setWhole(chart, whole)
  if (chart.alone) takeRoom(chart)
  chart.picture.scrollTo(0, 0)
  mark(chart)
}

// By `factor`, around a point of the window or the middle of the frame. The frame stays as it is.
function zoom(chart, factor, centre = null) {
  const frame = chart.picture.getBoundingClientRect()
  const { x, y } = centre ?? { x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 }
  const before = chart.svg.getBoundingClientRect()
  const width = before.width * factor
  if (factor < 1 && width < Math.min(frame.width, chart.size.width) / 2) return
  if (width > CLOSEST * chart.size.width) return
  chart.picture.style.height = `${chart.picture.offsetHeight}px`
  chart.svg.style.width = `${width}px`
  chart.isZoomed = true
  const after = chart.svg.getBoundingClientRect()
  chart.picture.scrollLeft += after.left - x + ((x - before.left) / before.width) * after.width
  chart.picture.scrollTop += after.top - y + ((y - before.top) / before.height) * after.height
  mark(chart)
}

function wheel(chart, event) {
  if (!(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  const { clientX: x, clientY: y } = event
  zoom(chart, Math.exp(-Math.max(-50, Math.min(50, event.deltaY)) / 200), { x, y })
}

// A finger scrolls the frame, and the page, by itself.
function grab(chart, event) {
  if (event.button !== 0 || event.pointerType === "touch") return
  if (event.target === chart.picture) return // a scroll bar
  const { scrollLeft: left, scrollTop: top } = chart.picture
  chart.drag = { x: event.clientX, y: event.clientY, left, top, moved: false }
}

function move(chart, event) {
  const { drag } = chart
  if (!drag) return point(chart, event)
  const dx = event.clientX - drag.x
  const dy = event.clientY - drag.y
  if (!drag.moved && Math.hypot(dx, dy) < DRAG_PIXELS) return
  if (!drag.moved) chart.picture.setPointerCapture(event.pointerId)
  drag.moved = true
  point(chart, null)
  chart.picture.classList.add("dragged")
  chart.picture.scrollTo(drag.left - dx, drag.top - dy)
}

function release(chart) {
  chart.picture.classList.remove("dragged")
  chart.dragged = chart.drag?.moved
  chart.drag = null
}

function click(chart, event) {
  const unit = event.target.closest("[data-unit]")?.dataset.unit
  if (chart.dragged || !unit || unit === "input") return
  chart.at = unit
  ring(chart, currentBlock(chart))
  if (chart.deletes) return clickToCut(chart, event)
  openBlock(chart, unit)
}
