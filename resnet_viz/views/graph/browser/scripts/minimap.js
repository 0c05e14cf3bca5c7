// A small map of the whole net while it is zoomed: its blocks, and the part that the frame shows. A
// press on it goes there. It is for the pointer: by keyboard the arrows go from block to block.

import { frontOf } from "./cut.js"
import { blocksOf } from "./keys.js"
import { centre } from "./look.js"

const WIDEST = 170 // pixels
const HIGHEST = 130

export function watchMap(chart) {
  chart.map = chart.root.querySelector(".map")
  const go = (event) => {
    const { left, top, width, height } = chart.map.getBoundingClientRect()
    centre(chart, (event.clientX - left) / width, (event.clientY - top) / height)
  }
  chart.map.onpointerdown = (event) => {
    chart.map.setPointerCapture(event.pointerId)
    go(event)
    event.preventDefault()
  }
  chart.map.onpointermove = (event) => { if (event.buttons) go(event) }
}

export function drawMap(chart) {
  const { map, size } = chart
  const scale = Math.min(WIDEST / size.width, HIGHEST / size.height)
  map.style.width = `${scale * size.width}px`
  map.style.setProperty("--high", `${scale * size.height}px`)
  const boxes = blocksOf(chart).map((block) => placed("box", frontOf(block).getBBox(), size))
  chart.seen = placed("seen", { x: 0, y: 0, ...size }, size)
  map.replaceChildren(...boxes, chart.seen)
  moveMap(chart)
}

function placed(kind, box, size) {
  const part = document.createElement("i")
  part.className = kind
  return put(part, box, size)
}

function put(part, { x, y, width, height }, size) {
  const { style } = part
  style.left = `${(100 * x) / size.width}%`
  style.top = `${(100 * y) / size.height}%`
  style.width = `${(100 * width) / size.width}%`
  style.height = `${(100 * height) / size.height}%`
  return part
}

export function moveMap({ map, seen, picture, svg, size, isZoomed }) {
  if (!seen || !svg) return
  map.hidden = !isZoomed || !picture.classList.contains("larger")
  const frame = picture.getBoundingClientRect()
  const all = svg.getBoundingClientRect()
  if (!all.width) return // in a tab that is not open
  const unit = size.width / all.width
  const [x, y] = [(frame.left - all.left) * unit, (frame.top - all.top) * unit]
  put(seen, { x, y, width: frame.width * unit, height: frame.height * unit }, size)
}
