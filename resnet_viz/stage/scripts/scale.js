// Colours of values: white (at night the page's ground) is as usual, red larger, violet smaller.

const STOPS = {
  light: [
    [-2, "#46148c"],
    [-1, "#8f74c9"],
    [-0.35, "#dcd6ee"],
    [0, "#fdfdfd"],
    [0.35, "#fbdccb"],
    [1, "#ee7f5f"],
    [2, "#a8001f"],
  ],
  dark: [
    [-2, "#a883ff"],
    [-1, "#6a52ab"],
    [-0.35, "#2f2b4a"],
    [0, "#171d25"],
    [0.35, "#3d2723"],
    [1, "#b5502f"],
    [2, "#ff8a5c"],
  ],
}
// Viridis, for sizes that are compared with nothing.
const VIRIDIS = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"].map((hex, i) => [i - 2, hex])
const SHADES = 256
export const REACH = 2

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))
const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
const encoded = (c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)

/** sRGB to OKLab (Ottosson 2020), in which steps look even. */
function toLab(hex) {
  const [r, g, b] = channels(hex).map((c) => linear(c / 255))
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function fromLab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((c) => Math.round(255 * encoded(Math.min(1, Math.max(0, c)))))
}

function ramp(stops) {
  return Array.from({ length: SHADES }, (_, i) => {
    const at = -REACH + (2 * REACH * i) / (SHADES - 1)
    const after = Math.max(1, stops.findIndex(([stop]) => stop >= at))
    const [[from, low], [to, high]] = [stops[after - 1], stops[after]]
    const part = (at - from) / (to - from)
    const [one, other] = [toLab(low), toLab(high)]
    return fromLab(one.map((c, k) => c + part * (other[k] - c)))
  })
}

const RAMPS = { light: ramp(STOPS.light), dark: ramp(STOPS.dark), viridis: ramp(VIRIDIS) }

/** The shades from low to high. */
export const shades = (theme, isAbsolute) => RAMPS[isAbsolute ? "viridis" : theme]

/** The shade of a place on the scale, from -2 to 2; what lies beyond has the colour of the end. */
export function shadeAt(ramp, place) {
  const at = Math.round(((place + REACH) / (2 * REACH)) * (SHADES - 1))
  return ramp[Math.min(SHADES - 1, Math.max(0, at))]
}

/** A gradient of CSS from low to high. */
export function cssRamp(ramp) {
  const picked = ramp.filter((_, i) => i % 15 === 0)
  return `linear-gradient(to right, ${picked.map((rgb) => `rgb(${rgb})`).join(",")})`
}

/**
 * Where values lie on the scale: a function of net, row of its series, and column. Infinity is not
 * finite, NaN not measured, -Infinity exactly 0.
 */
export function places(history, name, mode) {
  const about = history.quantities.find((one) => one.name === name)
  const size = about.log ? Math.log10 : (value) => value
  const all = history.nets.map((_, net) => history.series(net, name))
  const limits = mode === "absolute" || !about.log ? extent(all, size) : null
  const usual = about.usual === null ? NaN : size(about.usual)
  const width = limits ? Math.max(limits[1] - usual, usual - limits[0]) || 1 : 0
  const place = (value, compared) => {
    if (Number.isNaN(value)) return NaN
    if (!Number.isFinite(value)) return Infinity
    if (about.log && value === 0) return -Infinity
    if (mode === "absolute") return REACH * ((2 * (size(value) - limits[0])) / (limits[1] - limits[0] || 1) - 1)
    const apart = size(value) - compared
    return about.log ? apart : (REACH * apart) / width
  }
  const compared = {
    start: () => usual,
    absolute: () => 0,
    own: (net, row) => median(all[net].row(row), size),
    twin: (net, row, column) => twin(all, net, row, column, size),
  }[mode]
  return (net, row, column) => place(all[net].row(row)[column], compared(net, row, column))
}

function extent(all, size) {
  let [low, high] = [Infinity, -Infinity]
  for (const { rows } of all) {
    for (let i = 0; i < rows.length; i += 1) {
      const at = size(rows.values[i])
      if (!Number.isFinite(at)) continue
      low = Math.min(low, at)
      high = Math.max(high, at)
    }
  }
  return low <= high ? [low, high] : [0, 1]
}

const medians = new WeakMap()

function median(row, size) {
  const known = medians.get(row.buffer)?.get(row.byteOffset)
  if (known !== undefined) return known
  const sorted = [...row].map(size).filter(Number.isFinite).sort((a, b) => a - b)
  const middle = sorted.length ? sorted[sorted.length >> 1] : NaN
  if (!medians.has(row.buffer)) medians.set(row.buffer, new Map())
  medians.get(row.buffer).set(row.byteOffset, middle)
  return middle
}

/** The same layer, counted from the output, of the next net at the same step. */
function twin(all, net, row, column, size) {
  const other = all[(net + 1) % all.length]
  const there = other.rowAt(all[net].steps[row])
  const same = column + other.width - all[net].width
  return there < 0 || same < 0 ? NaN : size(other.row(there)[same])
}
