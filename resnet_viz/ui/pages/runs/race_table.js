// Races as rows: what has changed is written into the row that stands, so that focus stays.

const SVG = "http://www.w3.org/2000/svg"
const tables = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const table = tables.get(parentElement) ?? mount(parentElement, data)
  table.wishes.hear(data.heard, (left) => setTriggerValue("wishes", left))
  show(table, data)
}

function mount(parentElement, data) {
  const find = (selector) => parentElement.querySelector(selector)
  const table = { rows: new Map(), ticked: new Set(data.ticked), wishes: new Wishes() }
  Object.assign(table, { body: find("tbody"), head: find("thead tr"), model: find("template") })
  table.all = table.head.querySelector("input")
  table.all.onchange = () => {
    for (const [id, { tick }] of table.rows) if (!tick.hidden) mark(table, id, table.all.checked)
    tellTicks(table)
  }
  table.heads = data.heads.map((head) => heading(table, head))
  table.head.append(...table.heads)
  table.body.onkeydown = (event) => walk(event)
  tables.set(parentElement, table)
  return table
}

function heading(table, { name, title, sorts }) {
  const cell = document.createElement("th")
  Object.assign(cell, { scope: "col", className: `head-${name}` })
  cell.setAttribute("role", "columnheader")
  cell.dataset.name = name
  const words = document.createElement(sorts ? "button" : "span")
  words.textContent = title
  if (sorts) {
    words.type = "button"
    words.title = `Sort by ${title.toLowerCase()}`
    words.onclick = () => table.wishes.tell({ kind: "sort", by: name })
  } else {
    words.className = "unsorted"
  }
  cell.append(words)
  return cell
}

function show(table, data) {
  // Until the server has seen the last tick, what it says of ticks is older than what stands here.
  if (data.heard >= table.wishes.number) table.ticked = new Set(data.ticked)
  for (const cell of table.heads) {
    if (cell.dataset.name === data.by) cell.ariaSort = data.falls ? "descending" : "ascending"
    else cell.removeAttribute("aria-sort")
  }
  const ids = new Set(data.rows.map(({ id }) => id))
  for (const [id, row] of table.rows) {
    if (ids.has(id)) continue
    row.tr.remove()
    table.rows.delete(id)
  }
  data.rows.forEach((news, place) => {
    const row = table.rows.get(news.id) ?? begin(table, news.id)
    const text = JSON.stringify(news)
    if (row.text !== text) fill(row, news)
    row.text = text
    if (table.body.children[place] !== row.tr) table.body.insertBefore(row.tr, table.body.children[place])
    mark(table, news.id, table.ticked.has(news.id))
  })
  const all = data.rows.filter(({ isFixed }) => !isFixed)
  const count = all.filter(({ id }) => table.ticked.has(id)).length
  table.all.checked = count > 0 && count === all.length
  table.all.indeterminate = count > 0 && count < all.length
}

function begin(table, id) {
  const tr = table.model.content.firstElementChild.cloneNode(true)
  const find = (selector) => tr.querySelector(selector)
  const row = { tr, find, tick: find("input"), link: find("a"), stop: find("button") }
  row.tick.onchange = () => {
    mark(table, id, row.tick.checked)
    tellTicks(table)
  }
  row.link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return // a tab of its own
    event.preventDefault()
    table.wishes.tell({ kind: "open", id })
  }
  row.stop.onclick = () => table.wishes.tell({ kind: "stop", id })
  table.rows.set(id, row)
  return row
}

function mark(table, id, isOn) {
  const row = table.rows.get(id)
  row.tick.checked = isOn
  row.tr.classList.toggle("on", isOn)
  if (isOn) table.ticked.add(id)
  else table.ticked.delete(id)
}

function tellTicks(table) {
  table.wishes.tell({ kind: "tick", ids: [...table.ticked] })
}

function fill({ find, tick, link, stop }, news) {
  tick.ariaLabel = `Select ${news.title}`
  tick.hidden = Boolean(news.isFixed)
  link.textContent = link.title = news.title
  link.href = news.href
  find(".nets").textContent = news.nets
  find(".note").textContent = find(".note").title = news.note
  const picture = find("svg")
  picture.ariaLabel = news.losses
  picture.replaceChildren(node(SVG, "title", news.losses), ...news.lines.map(line))
  find(".chips").replaceChildren(...news.chips.map((text) => piece("chip", text)))
  find(".chips").title = news.chips.join(", ")
  find(".accuracy").replaceChildren(...news.shares.map(share))
  const words = find(".words")
  words.textContent = news.outcome
  words.title = news.why || news.outcome
  words.className = `words ${news.tone}`
  find(".progress").textContent = news.progress
  stop.hidden = !news.stops
  stop.ariaLabel = `Stop ${news.title}`
  find(".duration").textContent = news.duration
  find(".date").textContent = news.date
}

function line({ path, colours }) {
  const one = node(SVG, "path")
  one.setAttribute("d", path)
  one.style.setProperty("--own", `light-dark(${colours})`)
  return one
}

function share({ text, colours, said }) {
  const one = piece("share", text)
  one.title = said
  if (colours) one.style.setProperty("--own", `light-dark(${colours})`)
  return one
}

function piece(name, text) {
  const one = document.createElement("span")
  one.className = name
  one.textContent = text
  return one
}

function node(space, name, text = "") {
  const one = document.createElementNS(space, name)
  one.textContent = text
  return one
}

// Up and down: the same cell of the next row.
function walk(event) {
  const by = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key]
  const here = event.target.closest("tr")
  const next = by && here?.[by]
  if (!next) return
  const kind = event.target.matches("a") ? "a" : "input"
  next.querySelector(kind).focus()
  event.preventDefault()
}
