// What is under the pointer, or the current block: it lights up in all plots, and says what it is.

import { expanded, valueWords } from "./colours.js"
import { clickWords } from "./cut.js"

export const POINT = "resnet-viz-point" // what is pointed at, in whichever plot: a path of a layer or block

// Lights up everything of the unit under the pointer, here and in the other plots, and says what the
// thing there is.
export function point(chart, event) {
  const element = event?.target.closest("[data-unit]") ?? null
  const unit = element?.dataset.unit ?? null
  if (unit !== chart.hot) light(chart, unit)
  if (element !== chart.under) tellOthers(chart, element)
  chart.under = element
  say(chart, element, event)
}

export function light(chart, unit) {
  for (const old of chart.svg?.querySelectorAll(".hot") ?? []) old.classList.remove("hot")
  const own = unit ? chart.svg.querySelectorAll(`[data-unit="${CSS.escape(unit)}"]`) : []
  for (const part of own) part.classList.add("hot")
  chart.hot = unit
}

export function tellOthers(chart, element) {
  const { node, unit } = element?.dataset ?? {}
  const isOperation = element?.classList.contains("operation")
  const name = !unit || unit === "input" ? null : isOperation && node ? node : expanded(unit)[0]
  document.dispatchEvent(new CustomEvent(POINT, { detail: { name, source: chart.source } }))
}

// The unit of this picture that has the layer or block of that name, or is it.
export function unitOf(chart, name) {
  if (!chart.svg || !name) return null
  const units = new Set([...chart.svg.querySelectorAll("[data-unit]")].map((one) => one.dataset.unit))
  const has = (one) => name === one || name.startsWith(`${one}.`)
  return [...units].find((unit) => expanded(unit).some(has)) ?? null
}

export function say(chart, element, event) {
  chart.words.hidden = !element
  if (!element) return
  chart.x = event.clientX
  chart.words.textContent = wordsOf(chart, element)
  const room = chart.root.getBoundingClientRect()
  const left = Math.min(event.clientX - room.left + 14, room.width - chart.words.offsetWidth - 4)
  chart.words.style.left = `${Math.max(0, left)}px`
  chart.words.style.top = `${event.clientY - room.top + 16}px`
}

export function wordsOf(chart, element) {
  const own = (element.dataset.words ?? element.dataset.unit).replace(/[;:] /g, "\n")
  const click = element.dataset.unit === "input" ? "" : `\n(${clickWords(chart, element)})`
  return own + valueWords(chart, element) + click
}
