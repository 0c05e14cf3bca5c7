// A graph that has a page to itself: how much of it is seen at first, cues where it goes on, the
// block that the panel beside it shows, and the change from a net to its twin.

import { BLOCKS, blocksOf } from "./keys.js"
import { tellLook } from "./look.js"
import { moveMap, watchMap } from "./minimap.js"

const LEAST = 8 // pixels of text that a net which fits may have
const WINDOW = 0.85 // of its height, for a whole net
const FADE_MS = 450
const EDGE = 8 // pixels
const RETURN_MS = 300
const NARROW = 900 // pixels of a window that has the panel below the graph
const ARCS = "g[data-unit]:not([class]), .add, path.tip:not(.main)"

export function watchSight(chart) {
  const { root, picture } = chart
  root.querySelector(".find").hidden = false
  chart.goes = root.querySelector(".goes")
  picture.addEventListener("scroll", () => scrolled(chart), { passive: true })
  watchMap(chart)
  new IntersectionObserver(([{ isIntersecting, boundingClientRect }]) => {
    chart.isCut = !isIntersecting && boundingClientRect.top > 0
    cue(chart)
  }).observe(root.querySelector(".end"))
}

function scrolled(chart) {
  cue(chart)
  moveMap(chart)
  tellLook(chart)
}

// All of the net, or all of its width, where its text can then be read; until something else is chosen.
export function fit(chart) {
  if (chart.isChosen || chart.isZoomed || document.fullscreenElement) return
  const text = parseFloat(getComputedStyle(chart.svg).fontSize)
  const wide = (chart.picture.clientWidth / chart.size.width) * text
  const high = ((WINDOW * innerHeight) / chart.size.height) * text
  if (wide >= LEAST) chart.svg.style.setProperty("--readable", LEAST / text)
  setWhole(chart, Math.min(wide, high) >= LEAST)
}

export function isWhole(chart) {
  return chart.picture.classList.contains("whole")
}

export function setWhole(chart, whole) {
  chart.picture.classList.toggle("whole", whole)
  chart.root.querySelector("[data-do=whole]").setAttribute("aria-pressed", whole)
}

export function cue({ picture, goes, isCut }) {
  const right = picture.scrollWidth - picture.clientWidth - picture.scrollLeft > EDGE
  picture.classList.toggle("more-right", right)
  picture.classList.toggle("more-left", picture.scrollLeft > EDGE)
  goes.hidden = !right && !isCut
  goes.textContent = `The net goes on ${[isCut && "\u2193", right && "\u2192"].filter(Boolean).join(" ")}`
}

// A panel that was closed by its own button leaves the focus to nobody: the block takes it back.
export function showPicked(chart, picked) {
  for (const block of blocksOf(chart)) {
    const isPicked = picked && block.dataset.unit.split("-")[0] === picked.split("-")[0]
    block.classList.toggle("picked", Boolean(isPicked))
    block.setAttribute("aria-pressed", Boolean(isPicked))
  }
  const isClosed = chart.lastPicked && !picked
  const isOpened = picked && picked !== (chart.lastPicked ?? picked)
  chart.lastPicked = picked
  if (isOpened && innerWidth <= NARROW) setTimeout(() => chart.panel()?.scrollIntoView({ block: "nearest" }), RETURN_MS)
  if (isClosed) setTimeout(() => { if (document.activeElement === document.body) chart.picture.focus({ preventScroll: true }) }, RETURN_MS)
}

// A net and its twin have their blocks in the same places: only what goes around them comes or goes.
export function fadeShortcuts(chart, former) {
  const units = (svg) => [...svg.querySelectorAll(BLOCKS)].map((one) => one.dataset.unit).join()
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
  if (former.viewBox.baseVal.width !== chart.size.width || units(former) !== units(chart.svg)) return
  const comes = [...chart.svg.querySelectorAll(ARCS)]
  const goes = [...former.querySelectorAll(ARCS)]
  if (!comes.length && goes.length) leave(chart, former, goes)
  if (!goes.length) for (const one of comes) one.animate([{ opacity: 0 }, { opacity: 1 }], FADE_MS)
}

function leave(chart, former, arcs) {
  for (const one of arcs) one.removeAttribute("data-unit")
  former.replaceChildren(former.querySelector("style"), ...arcs)
  for (const one of former.querySelectorAll(".add")) one.removeAttribute("class")
  const frame = chart.picture.getBoundingClientRect()
  const { left, top, width } = chart.svg.getBoundingClientRect()
  const x = left - frame.left + chart.picture.scrollLeft
  const y = top - frame.top + chart.picture.scrollTop
  former.setAttribute("style", `position:absolute;pointer-events:none;left:${x}px;top:${y}px;width:${width}px`)
  former.setAttribute("aria-hidden", "true")
  chart.picture.append(former)
  former.animate([{ opacity: 1 }, { opacity: 0 }], FADE_MS).finished.finally(() => former.remove())
}
