// The graph of a net as a component of the page: the scripts of views/graph/browser, told by Streamlit.

const charts = new WeakMap()
const panel = () => document.querySelector(".st-key-block_panel")

export default function ({ data, parentElement, setTriggerValue }) {
  const known = charts.get(parentElement)
  const wishes = known?.wishes ?? new Wishes()
  wishes.hear(data.heard, (left) => setTriggerValue("wishes", left))
  const host = {
    toggle: (unit) => wishes.tell({ name: "toggle", unit }),
    cut: (block, of) => wishes.tell({ name: "cut", block, of }),
    pick: (unit) => wishes.tell({ name: "pick", unit }),
    look: (look) => wishes.tell({ name: "look", look }),
    panel,
  }
  const chart = known?.chart ?? mount(parentElement.querySelector(".graph"), data, host)
  known?.chart.update(data, host)
  charts.set(parentElement, { chart, wishes })
  return () => {
    charts.delete(parentElement)
    chart.destroy()
  }
}
