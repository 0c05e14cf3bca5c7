// The stage's script, with its style sheet put into the page once.
async function stageScript() {
  const script = await import(new URL("chart_scripts/VERSION/stage.js", appRoot()).href)
  if (!document.getElementById("resnet-viz-stage-style")) {
    const sheet = document.createElement("style")
    sheet.id = "resnet-viz-stage-style"
    sheet.textContent = script.style
    document.head.append(sheet)
  }
  return script
}

