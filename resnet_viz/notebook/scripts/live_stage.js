// The stage in the output of a cell, told by the notebook's Python; where it is silent the browser asks,
// and is answered when no cell is at work. The picture lies in a shadow root: no style of the notebook reaches it.

const REST_MS = 250 // between an answer and the next question
const NARROW = 732 // pixels: from there on the stage has the height that it is given
const HEIGHT = "min(80vh, 640px)"

function render({ model, el }) {
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
  const send = (name, value) => model.send({ name, value })
  stage = mount(root, { ...JSON.parse(model.get("race")), steers: true }, { onAction: send, keys: false })
  const theme = new MutationObserver(() => setTimeout(follow, 50))
  for (const one of [document.documentElement, document.body]) theme.observe(one, { attributes: true })
  const size = new ResizeObserver(follow)
  size.observe(el)
  // One question at a time: each has an answer.
  const ask = (isWhole) => {
    clearTimeout(timer)
    if (!isGone) timer = setTimeout(() => send("look", isWhole), REST_MS)
  }
  const hear = ({ text }) => {
    const isMerged = !text || stage.update(JSON.parse(text))
    if (!isMerged || (model.get("asks") && !stage.history.over)) ask(!isMerged)
  }
  const hearWhole = () => stage.update(JSON.parse(model.get("race")))
  model.on("msg:custom", hear)
  model.on("change:race", hearWhole)
  if (!stage.history.over) ask(true)
  return () => {
    isGone = true
    clearTimeout(timer)
    model.off("msg:custom", hear)
    model.off("change:race", hearWhole)
    theme.disconnect()
    size.disconnect()
    stage.destroy()
  }
}

export default { render }
