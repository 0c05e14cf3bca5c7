// A part of live_chart.js: a plot's tool buttons are one stop of the Tab key, with arrows between
// them.

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
