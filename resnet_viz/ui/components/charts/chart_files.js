// A plot as a file, on the ground of the page: PNG, SVG, or a page of its own that needs no server.

export function save(chart, kind) {
  const name = `${chart.data.name.split("-")[0]}.${kind}`
  const made = kind === "html" ? page(chart) : image(chart, kind)
  return made.then((blob) => download(blob, name))
}

async function image({ div }, format) {
  const { clientWidth: width, clientHeight: height } = div
  const figure = { data: div.data, layout: onGround(div) }
  const scale = format === "png" ? 2 : 1
  const address = await window.Plotly.toImage(figure, { format, width, height, scale })
  return (await fetch(address)).blob()
}

async function page({ div, data }) {
  const script = [...document.scripts].find(({ src }) => src.includes("/plotly.min.js"))
  const plotly = await (await fetch(script.src)).text()
  const layout = { ...onGround(div), autosize: true, width: undefined, height: undefined }
  const drawing = [div.data, layout, { displaylogo: false, responsive: true, showSendToCloud: false }]
  const ground = layout.paper_bgcolor
  return new Blob(
    [
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(data.alt)}</title></head>`,
      `<body style="margin:0;background:${ground}"><div id="plot" style="height:100vh"></div><script>`,
      plotly,
      `</script><script>Plotly.newPlot("plot", ${drawing.map(literal).join(", ")})</script></body></html>`,
    ],
    { type: "text/html" },
  )
}

// On the page a plot has no ground of its own: dark letters need a light one, and the other way round.
function onGround(div) {
  const ground = getComputedStyle(div).getPropertyValue("--st-background-color").trim() || "#ffffff"
  return { ...div.layout, paper_bgcolor: ground }
}

// JSON that may stand in a script; typed arrays as lists.
function literal(value) {
  const listed = (_, one) => (ArrayBuffer.isView(one) ? Array.from(one) : one)
  return JSON.stringify(value, listed).replaceAll("<", "\\u003c")
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
}

function download(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
