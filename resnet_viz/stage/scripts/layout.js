// Where things lie on the stage, in pixels: one axis of depth for all nets, the output at the right.

const NARROW = 700
const MOST_CARDS = 3

/** How a stage of this size is laid out. */
export function layoutOf(width, height, nets) {
  const isNarrow = width < NARROW
  const font = isNarrow ? 14 : Math.min(24, Math.max(13, Math.min(width / 80, height / 40)))
  // A narrow picture is as tall as it needs to be: its page is scrolled.
  const tall = (7 * nets + 16) * font
  return { width, height, font, isNarrow, hasCards: nets <= MOST_CARDS || isNarrow, tall }
}

/**
 * The boxes of a picture of this size: for each net its strip, the arcs above it, and the waterfall
 * below; `profile` is what all have in common where that is drawn instead.
 */
export function picture(width, height, { font, hasCards, isNarrow }, nets, view) {
  const left = Math.round(hasCards ? 2.6 * font : 13.5 * font)
  const right = Math.round(width - 0.4 * font)
  const foot = 1.5 * font
  const room = height - foot
  const isShared = view === "profile"
  const head = hasCards ? 1.5 * font : 0.15 * font
  const gap = hasCards ? 0.45 * font : 0.3 * font
  const wanted = (isNarrow ? 1.6 : 2.3) * font
  // A profile has what the strips leave, but at least a third.
  const strips = Math.min((2 / 3) * room, nets * (head + 1.5 * font + wanted + gap))
  const each = isShared ? strips / nets : room / nets
  const arcs = Math.min(1.5 * font, 0.16 * (isShared ? 1.6 : 1) * each)
  const bar = Math.min(wanted, isShared ? each - head - arcs - gap : 0.27 * each)
  const rows = Array.from({ length: nets }, (_, i) => {
    const top = i * each + head
    const strip = { top: top + arcs, height: bar }
    const fall = strip.top + bar + 3
    return {
      top: i * each,
      arcs: { top, height: arcs },
      strip,
      waterfall: { top: fall, height: Math.max(0, (i + 1) * each - gap - fall) },
    }
  })
  const profile = { top: strips + 0.8 * font, height: room - strips - 1.2 * font }
  return { left, right, foot: room, rows, profile }
}

/** From layers to pixels: layer 1 is at the input; nets of any depth end at the output. */
export function axis({ left, right }, deepest) {
  const each = (right - left) / deepest
  return {
    each,
    from: (layer, depth) => left + (deepest - depth + layer - 1) * each,
    to: (layer, depth) => left + (deepest - depth + layer) * each,
  }
}

/** Boxes that are drawn as one, so that each is wide enough to be seen. */
export function bundles(boxes, pixelsPerLayer, least = 5) {
  const blocks = boxes.filter(({ name }) => name)
  const size = blocks.length ? (blocks.at(-1).last - blocks[0].first + 1) / blocks.length : 1
  const count = Math.max(1, Math.ceil(least / (size * pixelsPerLayer)))
  if (count === 1) return { count, boxes: boxes.map((box) => ({ ...box, of: [box] })) }
  const made = []
  for (const box of boxes) {
    const last = made.at(-1)
    const joins = last && last.of.length < count && last.stage === box.stage && last.name && box.name
    if (joins) Object.assign(last, { last: box.last }).of.push(box)
    else made.push({ ...box, of: [box] })
  }
  return { count, boxes: made }
}
