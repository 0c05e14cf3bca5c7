// A page of a graph: the net, and beside it what is inside the block that was picked. It needs nobody
// else: the pictures of all insides are there, one for all blocks that are alike.

import { mount as mountGraph } from "./chart.js"

const HTML = `<div class="beside"><div class="graph" role="group"></div>
<aside class="panel" aria-live="polite"></aside></div>`
const NOTHING = "Click a block to see what is inside. By keyboard, the arrows go from block to block, Enter opens one and Escape closes it."

/**
 * Draw into `root`: `data` as chart.js has it, and of each of the `units` its `title`, `place`, `kind`,
 * `shapes`, `rows` of numbers, and which of the `insides` is its own; `kind`, what its blocks are.
 */
export function mount(root, data) {
  root.innerHTML = HTML
  const panel = root.querySelector(".panel")
  const whole = (picked) => ({ ...data, alone: { picked, kind: data.kind, click: "click to see what is inside" } })
  const pick = (unit) => {
    show(panel, data, unit.split("-")[0])
    root.querySelector(".graph > .words").hidden = true
    graph.update(whole(unit))
  }
  panel.onclick = ({ target }) => { if (target.matches("button")) pick("") }
  panel.onkeydown = ({ key }) => { if (key === "Escape") pick("") }
  show(panel, data, "")
  const graph = mountGraph(root.querySelector(".graph"), whole(""), { pick, panel: () => panel })
  return graph
}

function show(panel, { units, insides }, unit) {
  const about = units[unit]
  panel.classList.toggle("empty", !about)
  if (!about) return panel.replaceChildren(element("p", NOTHING))
  const inside = insides[about.inside]
  const picture = element("div", "", { class: "inside" })
  picture.innerHTML = inside.svg.replaceAll(inside.place, about.place).replaceAll(`"${inside.path}"`, `"${unit}"`)
  picture.firstElementChild?.setAttribute("aria-label", `Operations of ${about.place}`)
  const head = element("div", "", { class: "head" })
  head.append(element("h2", about.title), element("button", "Close", { type: "button" }))
  panel.replaceChildren(head, element("p", about.kind), element("p", about.shapes), table(about.rows), picture)
}

function table(rows) {
  if (!rows.length) return ""
  const made = element("table", "")
  made.innerHTML = '<thead><tr><th scope="col">Cost</th><th scope="col">Here</th><th scope="col">Of the net</th></tr></thead>'
  const body = element("tbody", "")
  for (const [name, value, share] of rows) {
    const row = element("tr", "")
    row.append(element("th", name, { scope: "row" }), element("td", value), element("td", share))
    body.append(row)
  }
  made.append(body)
  return made
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}
