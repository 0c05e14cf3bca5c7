// The graph of a net as a component of the page: the scripts of views/graph/browser, told by Streamlit.

const charts = new WeakMap()
const panel = () => document.querySelector(".st-key-block_panel")

export default function ({ data, parentElement, setTriggerValue }) {
  const host = {
    toggle: (unit) => setTriggerValue("toggled", unit),
    cut: (block, of) => setTriggerValue("cut", { block, of }),
    pick: (unit) => setTriggerValue("picked", unit),
    look: (look) => setTriggerValue("looked", look),
    panel,
  }
  const known = charts.get(parentElement)
  const chart = known ?? mount(parentElement.querySelector(".graph"), data, host)
  known?.update(data, host)
  charts.set(parentElement, chart)
  return () => {
    charts.delete(parentElement)
    chart.destroy()
  }
}
