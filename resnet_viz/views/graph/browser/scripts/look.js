// What of a zoomed graph is looked at, as a text for a link: its scale, and which part of its width
// and height lies in the middle of the frame. A graph that is not zoomed follows its frame: "".

const REST_MS = 600

export function tellLook(chart) {
  if (!chart.look || !chart.svg) return
  clearTimeout(chart.resting)
  chart.resting = setTimeout(() => {
    if (!chart.svg.getBoundingClientRect().width) return // in a tab that is not open
    const look = lookOf(chart)
    if (look === (chart.toldLook ?? chart.alone?.look ?? "")) return
    chart.toldLook = look
    chart.look(look)
  }, REST_MS)
}

function lookOf({ isZoomed, picture, svg, size }) {
  if (!isZoomed) return ""
  const frame = picture.getBoundingClientRect()
  const all = svg.getBoundingClientRect()
  const x = (frame.left + frame.width / 2 - all.left) / all.width
  const y = (frame.top + frame.height / 2 - all.top) / all.height
  return [all.width / size.width, clamp(x), clamp(y)].map((part) => +part.toFixed(3)).join()
}

const clamp = (part) => Math.max(0, Math.min(1, part))

export function showLook(chart, look) {
  if (!look) return
  const [scale, x, y] = look.split(",").map(Number)
  const { picture, svg, size } = chart
  picture.style.height = `${picture.offsetHeight}px`
  svg.style.width = `${scale * size.width}px`
  chart.isZoomed = true
  centre(chart, x, y)
}

// Scroll so that a point, in parts of the picture's width and height, lies in the middle of the frame.
export function centre({ picture, svg }, x, y) {
  const frame = picture.getBoundingClientRect()
  const all = svg.getBoundingClientRect()
  picture.scrollLeft += all.left + x * all.width - frame.left - frame.width / 2
  picture.scrollTop += all.top + y * all.height - frame.top - frame.height / 2
}
