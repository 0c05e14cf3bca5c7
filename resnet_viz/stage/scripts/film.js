// Film: which steps a recording of the stage shows, and the stage at a step as a picture.

import { PLAY_SECONDS } from "./player.js"

const LEAST_MS = 50 // of a picture
const MOST_PIXELS = 120 * 1280 * 720 // of all pictures: whoever joins them holds them in memory

/** The steps of a film of a stage, even apart, and the milliseconds that each is shown. */
export function filmSteps(stage, speed) {
  const { width, height } = stage.root.getBoundingClientRect()
  const { newest } = stage.history
  const whole = (1000 * PLAY_SECONDS) / speed
  const most = Math.floor(Math.min(MOST_PIXELS / (width * height), whole / LEAST_MS))
  const count = Math.min(newest + 1, Math.max(2, most))
  const steps = Array.from({ length: count }, (_, i) => Math.round((i * newest) / Math.max(1, count - 1)))
  return { steps, ms: Math.round(whole / count) }
}

/**
 * The stage at a step, drawn into the 2d `context` of a canvas: its cards and texts as a browser
 * draws them from an SVG with the stage's `style`, its picture as it is on its own canvas.
 */
export async function filmPicture(stage, step, context, style) {
  stage.act("step", step)
  stage.draw()
  const { root, canvas } = stage
  const { width, height } = context.canvas
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(root, style, width, height))}`
  await image.decode()
  context.fillStyle = getComputedStyle(root).backgroundColor
  context.fillRect(0, 0, width, height)
  context.drawImage(image, 0, 0)
  const [box, whole] = [canvas.getBoundingClientRect(), root.getBoundingClientRect()]
  // At whole pixels, as a page has it: between them it would blur.
  context.drawImage(canvas, ...[box.left - whole.left, box.top - whole.top, box.width, box.height].map(Math.round))
}

function svgOf(root, style, width, height) {
  const copy = root.cloneNode(true)
  // What a hand would have moved is no attribute.
  const sliders = root.querySelectorAll("input")
  copy.querySelectorAll("input").forEach((one, i) => one.setAttribute("value", sliders[i].value))
  const sheet = root.ownerDocument.createElement("style")
  sheet.textContent = style
  copy.prepend(sheet)
  const html = new XMLSerializer().serializeToString(copy)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${html}</foreignObject></svg>`
}
