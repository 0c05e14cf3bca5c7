// The stage in the output of a cell, told by the notebook's Python: the browser asks, Python answers
// when no cell is at work. The picture lies in a shadow root: no style of the notebook reaches it.

const REST_MS = 250 // between an answer and the next question
const NARROW = 732 // pixels: from there on the stage has the height that it is given
const HEIGHT = "min(80vh, 640px)"

function render({ model, el }) {
  const view = `${Date.now()}-${Math.random()}`
  const outer = document.createElement("div")
  // JupyterLab leaves keys alone that are pressed in here.
  outer.dataset.lmSuppressShortcuts = "true"
  el.append(outer)
  const shadow = outer.attachShadow({ mode: "open" })
  const sheet = document.createElement("style")
  sheet.textContent = model.get("style_sheet")
  const root = document.createElement("div")
  shadow.append(sheet, root)
  const follow = () => {
    const [r, g, b] = (getComputedStyle(el).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number)
    outer.style.colorScheme = 0.3 * r + 0.59 * g + 0.11 * b > 128 ? "dark" : "light"
    root.style.height = el.clientWidth < NARROW ? "auto" : HEIGHT
    stage?.repaint()
  }
  let [stage, timer, isGone] = [null, 0, false]
  follow()
  const send = (name, value) => model.send({ name, value, view })
  stage = mount(root, { ...JSON.parse(model.get("race")), steers: true }, { onAction: send, keys: false })
  const theme = new MutationObserver(() => setTimeout(follow, 50))
  for (const one of [document.documentElement, document.body]) theme.observe(one, { attributes: true })
  const size = new ResizeObserver(follow)
  size.observe(el)
  const hear = (answer) => {
    if (answer.view !== view || isGone) return
    const message = JSON.parse(answer.text)
    const isWhole = stage.update(message)
    if (!message.over || !isWhole) timer = setTimeout(() => send("look", !isWhole), REST_MS)
  }
  model.on("msg:custom", hear)
  if (!stage.history.over) send("look", true)
  return () => {
    isGone = true
    clearTimeout(timer)
    model.off("msg:custom", hear)
    theme.disconnect()
    size.disconnect()
    stage.destroy()
  }
}

export default { render }
