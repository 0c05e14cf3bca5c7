// Colours of the dark theme in place of the light one's: "#RRGGBB", or that as rgba with its share.
function darkened(dark) {
  return (key, value) => {
    if (typeof value !== "string" || !/color$/i.test(key)) return value
    const [, red, green, blue, share] = value.match(/^rgba\((\d+),(\d+),(\d+),([\d.]+)\)$/) ?? []
    if (!share) return dark[value.toUpperCase()] ?? value
    const hex = (number) => Math.round(number).toString(16).padStart(2, "0").toUpperCase()
    const found = dark[`#${[red, green, blue].map(hex).join("")}`]
    return found ? `${found}${hex(255 * share)}` : value
  }
}
