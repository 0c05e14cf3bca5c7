// Looks: the colours, dashes and fonts of a stage on the page that it lies in.

import { shades } from "./scale.js"

const DASHES = [[], [9, 5], [2, 5]]

/** Of a computed colour, from 0 to 1: a page may be dark by its host's choice, or its reader's. */
const brightness = (colour) => {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number)
  return (0.3 * r + 0.59 * g + 0.11 * b) / 255
}

/** How things look in `root`; nets of one colour differ in their dashes. */
export function lookOf(root, nets, mode) {
  const style = getComputedStyle(root)
  const isDark = brightness(style.backgroundColor) < 0.5
  const theme = isDark ? "dark" : "light"
  const count = new Map()
  const dashes = nets.map(({ colours }) => {
    count.set(colours[0], (count.get(colours[0]) ?? 0) + 1)
    return DASHES[(count.get(colours[0]) - 1) % DASHES.length]
  })
  return {
    theme,
    ramp: shades(theme, mode === "absolute"),
    colours: nets.map(({ colours }) => colours[isDark ? 1 : 0]),
    dashes,
    family: style.fontFamily,
    ground: isDark ? "#0f151c" : "#ffffff",
    groundRgb: isDark ? [15, 21, 28] : [255, 255, 255],
    text: isDark ? "#f0f4f8" : "#15202b",
    muted: isDark ? "#a9b4bf" : "#56626d",
    grid: isDark ? "#2a333d" : "#dbe1e8",
    outline: isDark ? "#8794a1" : "#3c4854",
    wire: isDark ? "#ffffff55" : "#15202b4d",
  }
}
