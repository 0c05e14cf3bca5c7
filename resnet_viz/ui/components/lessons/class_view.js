// What a class has predicted: a bar for each answer, or all curves thin and their median thick.

const mounted = new WeakMap()

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".class-view") ?? parentElement
  const view = mounted.get(host) ?? { shown: "", rows: [] }
  if (!mounted.has(host)) onOtherWidth(host, () => view.curves?.())
  mounted.set(host, view)
  if (data.kind === "curve") curves(host, view, data)
  else bars(host, view, data)
}

/** Bars grow and shrink where they are; they are made anew where the answers are others. */
function bars(host, view, data) {
  const { choices, counts, mine, measured, words } = data
  const shown = JSON.stringify([choices, mine, measured, words.own])
  if (view.shown !== shown) {
    view.shown = shown
    view.said = made("p", { class: "said" })
    const list = made("ul", { class: "bars" })
    view.rows = choices.map(([name, text]) => {
      const row = made("li", name === measured ? { class: "measured" } : {})
      const label = made("span", {}, text)
      const marks = [name === mine && words.yours, name === measured && words.measured].filter(Boolean)
      if (marks.length) label.append(" ", made("span", { class: "mark" }, `(${marks.join(" · ")})`))
      const [count, track, bar] = [made("span", { class: "count" }), made("span", { class: "track" }), made("i")]
      track.append(bar)
      row.append(label, count, track)
      list.append(row)
      return { count, bar }
    })
    host.replaceChildren(view.said, list)
  }
  const all = counts.reduce((sum, count) => sum + count, 0) || 1
  view.said.textContent = words.said
  view.rows.forEach(({ count, bar }, i) => {
    count.textContent = counts[i]
    bar.style.width = `${(100 * counts[i]) / all}%`
  })
}

function curves(host, view, data) {
  const shown = JSON.stringify(data)
  if (view.shown === shown) return
  view.shown = shown
  view.curves = () => draw(host, data)
  view.curves()
}

function draw(host, { curves, median, measured, words, ...about }) {
  const axes = new CurveAxes(host, about, words.said, "img")
  for (const heights of curves) axes.svg.append(made("path", { class: "one", d: axes.path(heights) }))
  if (median) {
    axes.svg.append(made("path", { class: "median", d: axes.path(median) }))
    median.forEach((y, i) => axes.svg.append(made("circle", { class: "median-mark", cx: axes.across(i), cy: axes.scale(y), r: 7 })))
  }
  if (measured) axes.measured(measured)
  const row = made("div", { class: "row" })
  row.append(keyOf("each", words.each), keyOf("middle", words.median))
  if (measured) row.append(keyOf("", words.measured))
  host.replaceChildren(made("p", { class: "said" }, words.said), axes.svg, row)
}
