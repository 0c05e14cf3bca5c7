// The picture of a net: drawn at once from its SVG text, zoomed and moved by the SVG's viewBox.
// Called again with every new picture; what was zoomed in on stays where it was.

const charts = new WeakMap()
const ZOOM_STEP = 1.3
const CLOSEST = 0.1 // user units a pixel
const DRAG_PIXELS = 4

export default function ({ data, parentElement, setTriggerValue }) {
  const chart = charts.get(parentElement) ?? mount(parentElement)
  chart.toggle = (unit) => setTriggerValue("toggled", unit)
  chart.file = data.file
  chart.frame = data.frame
  if (chart.text !== data.svg) show(chart, data.svg)
  takeRoom(chart)
  chart.root.querySelector("[data-do=close]").hidden = data.opened === 0
  return () => charts.delete(parentElement)
}

function mount(parentElement) {
  const root = parentElement.querySelector(".graph")
  const chart = { root, text: null, svg: null, view: null, clicked: null, drag: null, hot: null }
  chart.picture = root.querySelector(".picture")
  chart.words = root.querySelector(".words")
  root.querySelector(".tools").onclick = ({ target }) => ACTIONS[target.dataset.do]?.(chart)
  root.onkeydown = (event) => press(chart, event)
  chart.picture.addEventListener("wheel", (event) => wheel(chart, event), { passive: false })
  chart.picture.onpointerdown = (event) => grab(chart, event)
  chart.picture.onpointermove = (event) => move(chart, event)
  chart.picture.onpointerup = chart.picture.onpointercancel = () => release(chart)
  chart.picture.onpointerleave = () => point(chart, null)
  chart.picture.onclick = (event) => click(chart, event)
  charts.set(parentElement, chart)
  return chart
}

const ACTIONS = {
  in: (chart) => zoom(chart, 1 / ZOOM_STEP),
  out: (chart) => zoom(chart, ZOOM_STEP),
  fit: (chart) => look(chart, null),
  full: (chart) => (document.fullscreenElement ? document.exitFullscreen() : chart.root.requestFullscreen()),
  save: (chart) => save(chart),
  close: (chart) => chart.toggle(""),
}
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", f: "full" }

function press(chart, event) {
  const action = KEYS[event.key]
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  ACTIONS[action](chart)
}

// What is seen, with the blocks that are open, as a file.
function save(chart) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([chart.text], { type: "image/svg+xml" }))
  link.download = chart.file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

function show(chart, text) {
  const before = chart.svg && { ...chart.size, scale: chart.svg.getScreenCTM()?.a }
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
  point(chart, null)
  keepView(chart, before, anchor)
}

// The room that the picture takes: its share of the frame, which is as large as the container
// allows. It does not change with the zoom.
function takeRoom(chart) {
  const { width, height } = chart.size
  const frame = chart.frame ?? [width, height]
  const { style } = chart.svg
  style.aspectRatio = `${width} / ${height}`
  style.width = `${(100 * width) / frame[0]}%`
  style.maxWidth = `${1.5 * width}px`
  style.maxHeight = `${(85 * height) / frame[1]}vh`
}

// The browser's own tooltips come late and small: their words are kept for ours.
function takeTitles(chart) {
  for (const title of chart.svg.querySelectorAll("title")) {
    title.parentElement.dataset.words = title.textContent
    title.remove()
  }
}

// A zoomed view stays if the picture is of the same size, or around the unit that was clicked.
function keepView(chart, before, anchor) {
  const after = chart.clicked && place(chart, chart.clicked)
  chart.clicked = null
  const isSame = before && before.width === chart.size.width && before.height === chart.size.height
  if (!chart.view || !(isSame || (anchor && after))) return look(chart, null)
  if (isSame) return look(chart, chart.view)
  const x = chart.view.x + after.x - anchor.x
  const y = chart.view.y + after.y - anchor.y
  look(chart, { x, y, w: chart.svg.clientWidth / before.scale, h: chart.svg.clientHeight / before.scale })
}

// The top left corner of a unit in the picture, in the SVG's units.
function place(chart, unit) {
  const first = unit.split("-")[0]
  const kinds = ":is(.stem, .block, .folded, .opened, .head)"
  const found = [...chart.svg.querySelectorAll(kinds)].find(
    (element) => element.dataset.unit.split("-")[0] === first,
  )
  if (!found) return null
  const { x, y } = found.getBBox()
  return { x, y }
}

// `view`: the corner and the size of what is seen; null for the whole picture.
function look(chart, view) {
  const { width, height } = chart.size
  chart.view = view
  const { x, y, w, h } = view ?? { x: 0, y: 0, w: width, h: height }
  chart.svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`)
  chart.picture.classList.toggle("zoomed", view !== null)
}

function zoom(chart, factor, centre = null) {
  const { width, height } = chart.size
  const { x, y, w, h } = chart.view ?? { x: 0, y: 0, w: width, h: height }
  const wide = w * factor
  if (wide >= width) return look(chart, null)
  if (wide < CLOSEST * chart.svg.clientWidth) return
  const { x: cx, y: cy } = centre ?? { x: x + w / 2, y: y + h / 2 }
  look(chart, { x: cx - (cx - x) * factor, y: cy - (cy - y) * factor, w: wide, h: h * factor })
}

function wheel(chart, event) {
  if (!(event.ctrlKey || event.metaKey || document.fullscreenElement)) return
  event.preventDefault()
  const matrix = chart.svg.getScreenCTM().inverse()
  const centre = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix)
  zoom(chart, Math.exp(Math.max(-50, Math.min(50, event.deltaY)) / 200), centre)
}

function grab(chart, event) {
  if (event.button !== 0) return
  chart.drag = { x: event.clientX, y: event.clientY, view: chart.view, moved: false }
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
  if (!drag.view) return
  const pixels = chart.svg.getScreenCTM().a
  look(chart, { ...drag.view, x: drag.view.x - dx / pixels, y: drag.view.y - dy / pixels })
}

function release(chart) {
  chart.picture.classList.remove("dragged")
  chart.dragged = chart.drag?.moved
  chart.drag = null
}

function click(chart, event) {
  const unit = event.target.closest("[data-unit]")?.dataset.unit
  if (chart.dragged || !unit || unit === "input") return
  chart.clicked = unit
  chart.toggle(unit)
}

// Lights up everything of the unit under the pointer and says what the thing there is.
function point(chart, event) {
  const element = event?.target.closest("[data-unit]")
  const unit = element?.dataset.unit ?? null
  if (unit !== chart.hot) {
    for (const old of chart.svg?.querySelectorAll(".hot") ?? []) old.classList.remove("hot")
    const own = unit ? chart.svg.querySelectorAll(`[data-unit="${CSS.escape(unit)}"]`) : []
    for (const part of own) part.classList.add("hot")
    chart.hot = unit
  }
  say(chart, element, event)
}

function say(chart, element, event) {
  chart.words.hidden = !element
  if (!element) return
  const isOpen = chart.svg.querySelector(`.opened[data-unit="${CSS.escape(element.dataset.unit)}"]`)
  const hint = element.dataset.unit === "input" ? "" : `\n(click to ${isOpen ? "close" : "open"})`
  chart.words.textContent = (element.dataset.words ?? element.dataset.unit).replace(/[;:] /g, "\n") + hint
  const room = chart.root.getBoundingClientRect()
  const left = Math.min(event.clientX - room.left + 14, room.width - chart.words.offsetWidth - 4)
  chart.words.style.left = `${Math.max(0, left)}px`
  chart.words.style.top = `${event.clientY - room.top + 16}px`
}
