// A report of a sweep: its pictures, drawn from what lies in the page. Nothing is asked for outside.

const stage = { paint() {} } // it has none to print
const scene = await unpack("scene").then((one) => one.json())
for (const [id, figure] of Object.entries(scene.figures)) mountPlot(find(id), () => figure)
await plotsInView()
document.body.dataset.ready = "true"
await allPlots()
document.body.dataset.drawn = "true"
