// A scale as a bar of its colours, with ticks: `root` has places for title, bar and ticks.

const NEAR = 0.2 // of the bar's width: no two words lie on each other

export function legend(root, ramp, scale, what) {
  root.hidden = !scale
  if (!scale) return
  Object.assign(root.dataset, { low: scale.low, high: scale.high })
  const unit = scale.unit ? ` [${scale.unit}]` : ""
  root.querySelector(".title").textContent = `${what}: ${scale.title}${unit}`
  root.querySelector(".bar").style.background = `linear-gradient(to right, ${ramp.join(",")})`
  const all = withMore(scale, scale.is_log ? powers(scale) : even(scale))
  root.querySelector(".ticks").replaceChildren(...all.map(({ at, text, power }) => tick(at, text, power)))
}

// An end that has the colour of what lies beyond it, too, says so, in the place of ticks near it.
function withMore({ low, high, less, more }, ticks) {
  const isPowers = ticks.some((one) => one.power !== undefined)
  const end = (at, sign, value) => {
    const exponent = Number(Math.log10(value).toFixed(1))
    return isPowers && Number.isInteger(exponent)
      ? { at, text: `${sign} 10`, power: power(exponent) }
      : { at, text: `${sign} ${short(value)}` }
  }
  const inner = ticks.filter(({ at }) => !(less && at < NEAR) && !(more && at > 1 - NEAR))
  return [...(less ? [end(0, "<", low)] : []), ...inner, ...(more ? [end(1, ">", high)] : [])]
}

function power(exponent) {
  return String(exponent).replace("-", "−")
}

function tick(at, text, exponent) {
  const one = document.createElement("span")
  one.textContent = text
  if (exponent !== undefined) one.append(Object.assign(document.createElement("sup"), { textContent: exponent }))
  one.style.left = `${100 * at}%`
  if (at < 0.02) one.className = "first"
  if (at > 0.98) one.className = "last"
  return one
}

// Whole powers of ten, at most about seven; 1, 2 and 5 times those where there are less than two.
function powers({ low, high }) {
  const [bottom, top] = [Math.log10(low), Math.log10(high)]
  const place = (power) => (power - bottom) / (top - bottom)
  const found = []
  if (top - bottom < 2) {
    for (let power = Math.floor(bottom); power <= top; power += 1) {
      for (const times of [1, 2, 5]) {
        const value = times * 10 ** power
        if (value >= low * 0.999 && value <= high * 1.001) found.push({ at: place(Math.log10(value)), text: short(value) })
      }
    }
    // One number alone makes no scale: where these are too far apart, the ends have theirs.
    return found.length > 1 ? found : [{ at: 0, text: short(low) }, { at: 1, text: short(high) }]
  }
  const every = Math.max(1, Math.ceil((top - bottom) / 7))
  for (let exponent = Math.ceil(bottom - 1e-6); exponent <= top + 1e-6; exponent += every) {
    found.push({ at: place(exponent), text: "10", power: power(exponent) })
  }
  return found
}

function even({ low, high }) {
  return [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: short(low + at * (high - low)) }))
}

function short(value) {
  const [size, letter] = [[1e9, " G"], [1e6, " M"], [1e3, " k"], [1, ""]].find(([one]) => value >= one * 0.999) ?? [1, ""]
  return `${Number((value / size).toPrecision(2))}${letter}`
}
