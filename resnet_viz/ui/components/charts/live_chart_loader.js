// Streamlit sends a component's script with each of its messages, so this is a short one: the chart
// itself is loaded once, from an address that changes with its version (chart_scripts.py).

// What is there already is called at once: all that is told is then drawn in one frame.
let script = null
const loaded = () => (script ??= import(new URL("chart_scripts/VERSION/live_chart.js", appRoot()).href))

export default function (component) {
  let over = false
  let clean = null
  const { name } = component.data
  const show = (data, isNews = false) => loaded().then(
    (chart) => { if (!over) clean = chart.default({ ...component, data, isNews }) },
    (error) => {
      const message = `This plot cannot be drawn (${error.message}). Reload the page.`
      component.parentElement.querySelector(".resnet-viz-chart").textContent = message
    },
  )
  const hear = (news) => show(news, true)
  show(newest(name, component.data, hear))
  return () => {
    over = true
    deaf(name, hear)
    clean?.()
  }
}
