// A part of live_chart.js: a plot's tool buttons are one stop of the Tab key, with arrows between
// them. In a narrow chart they have a row of their own, above legend and titles.

const TOOLS = 32 // pixels of that row
const LINE = 1.3 // of a text's height, for plotly

function roomOfTools({ div }) {
  return isNarrow({ width: div.clientWidth }) ? TOOLS : 0
}

// An empty title of the legend: so plotly itself makes room for as many rows as a legend takes.
function giveTools(layout, room) {
  if (!room) return
  const title = { text: "\u00a0", side: "top", font: { size: room / LINE } }
  layout.legend = { ...layout.legend, title }
  layout.margin = { ...layout.margin, t: layout.margin.t + room }
}

function gatherTools({ div }) {
  const bar = div.querySelector(".modebar")
  const buttons = [...(bar?.querySelectorAll(".modebar-btn") ?? [])]
  if (!buttons.length || buttons.some((one) => one.tabIndex < 0)) return // none, or done
  buttons.slice(1).forEach((one) => { one.tabIndex = -1 })
  bar.onkeydown = (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const at = buttons.indexOf(event.target)
    if (!way || at < 0) return
    event.preventDefault()
    event.stopPropagation()
    const next = buttons[(at + way + buttons.length) % buttons.length]
    buttons[at].tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }
}
