// The legend of the graphs' colours, and the values: kept on the window for graphs that come later,
// and told to those that are there.

export default function ({ data, parentElement }) {
  const hear = (news) => show(news, parentElement)
  hear(newest(data.key, data, hear))
  return () => {
    deaf(data.key, hear)
    if (window.resnetVizValues[data.group]?.by === parentElement) delete window.resnetVizValues[data.group]
  }
}

function show(data, parentElement) {
  const { group, ramp, nodes, lines, measured } = data
  const told = { ramp: ramp.map(channels), nodes, lines, graphs: graphsIn(data.graphs), by: parentElement }
  window.resnetVizValues = { ...window.resnetVizValues, [group]: told }
  document.dispatchEvent(new CustomEvent("resnet-viz-values", { detail: { group } }))
  legend(parentElement.querySelector(".nodes"), ramp, nodes, "Blocks")
  legend(parentElement.querySelector(".lines"), ramp, lines, "Lines")
  parentElement.querySelector(".marks").hidden = !measured
  parentElement.querySelector(".absent").hidden = !data.absent
  parentElement.querySelector(".zero").hidden = !nodes.is_log && !lines
}

// Values by name, of a text that has each list of names once (graph_values.py).
function graphsIn(text) {
  const { names, of } = JSON.parse(text)
  const lists = names.map((line) => line.split("\n"))
  const named = ([list, values]) => Object.fromEntries(values.map((value, i) => [lists[list][i], value]))
  const graphs = Object.entries(of).map(([key, { nodes, lines, said }]) =>
    [key, { nodes: named(nodes), lines: named(lines), said }])
  return Object.fromEntries(graphs)
}

function channels(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16))
}
