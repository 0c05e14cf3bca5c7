// Records a race: draws it on a stage that nobody sees, step by step, and has the server join the
// pictures into a film, which the browser then saves.

const recorders = new WeakMap()
const CANNOT = "This browser cannot record the stage. Chromium and Chrome can."

const GONE = "There is no film: the server cannot be reached."

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".film")
  const recorder = recorders.get(host) ?? new Recorder(host)
  recorders.set(host, recorder)
  recorder.hear(data)
  return () => {
    recorder.stop()
    recorders.delete(host)
  }
}

class Recorder {
  constructor(host) {
    this.button = host.querySelector("button")
    this.bar = host.querySelector("progress")
    this.said = host.querySelector(".film-said")
    this.button.onclick = () => (this.under ? this.stop() : this.record())
  }

  hear(data) {
    const isOther = this.data && JSON.stringify(this.data) !== JSON.stringify(data)
    this.data = data
    if (isOther && !this.under) this.said.textContent = ""
    this.show()
  }

  show(part = null, text = null) {
    this.button.textContent = this.under ? "Stop recording" : "Record the film"
    this.bar.hidden = !this.under
    if (part === null) this.bar.removeAttribute("value")
    else this.bar.value = part
    if (text !== null) this.said.textContent = text
  }

  stop() {
    this.under?.abort()
  }

  async record() {
    const under = (this.under = new AbortController())
    const { data } = this
    this.show(null, "Drawing the pictures...")
    try {
      const { pictures, ms } = await this.drawn(data, under.signal)
      const film = await this.encoded(data, pictures, ms, under.signal)
      save(film, data.file)
      this.under = null
      this.show(null, `${data.file}: ${pictures.length} pictures, ${(film.size / 1e6).toFixed(1)} MB`)
    } catch (error) {
      this.under = null
      this.show(null, under.signal.aborted ? "" : error.name === "SecurityError" ? CANNOT : error.message)
    }
  }

  /** The stage at each step of the film, as PNG. */
  async drawn({ race, quantity, size, theme, speed }, signal) {
    const [script, message] = await Promise.all([stageScript(), whole(race, signal)])
    const frame = await hiddenPage(size, theme)
    const root = frame.contentDocument.getElementById("stage")
    const stage = script.mount(root, { ...message, over: true }, { isFilmed: true, keys: false })
    try {
      const has = stage.history.quantities.some(({ name }) => name === quantity)
      if (has) stage.act("quantity", quantity, false)
      // Its texts, which it has from the first time on, leave the picture less room.
      stage.paint()
      stage.paint()
      const { steps, ms } = script.filmSteps(stage, speed)
      const canvas = Object.assign(document.createElement("canvas"), { width: size[0], height: size[1] })
      const context = canvas.getContext("2d")
      const pictures = []
      for (const step of steps) {
        signal.throwIfAborted()
        await script.filmPicture(stage, step, context, script.style)
        pictures.push(await new Promise((done) => canvas.toBlob(done, "image/png")))
        this.show(pictures.length / steps.length)
      }
      return { pictures, ms }
    } finally {
      stage.destroy()
      frame.remove()
    }
  }

  /** The film that the server makes of pictures, each sent after its length. */
  async encoded({ race, address, format }, pictures, ms, signal) {
    this.show(null, `Joining ${pictures.length} pictures...`)
    const parts = pictures.flatMap((picture) => {
      const length = new DataView(new ArrayBuffer(4))
      length.setUint32(0, picture.size)
      return [length, picture]
    })
    const url = new URL(`${address}?${new URLSearchParams({ race, format, ms })}`, appRoot())
    const headers = { "content-type": "application/octet-stream" }
    return (await answered(url, { method: "POST", body: new Blob(parts), headers, signal })).blob()
  }
}

async function whole(race, signal) {
  const url = new URL(`stage_feed?once=1&race=${encodeURIComponent(race)}`, appRoot())
  return (await answered(url, { signal })).json()
}

/** The server's answer; what it refuses with is a sentence, what a proxy refuses with a page. */
async function answered(url, options) {
  const answer = await fetch(url, options).catch((error) => {
    throw error.name === "TypeError" ? new Error(GONE) : error
  })
  if (answer.ok) return answer
  const isText = answer.headers.get("content-type")?.startsWith("text/plain")
  throw new Error(isText ? await answer.text() : `There is no film: the server answers ${answer.status}.`)
}

/** A page of a film's size and colours that is laid out, and not seen: the app's styles end there. */
async function hiddenPage([width, height], theme) {
  const frame = document.createElement("iframe")
  Object.assign(frame, { inert: true, ariaHidden: "true", tabIndex: -1 })
  frame.style.cssText = `position: fixed; left: 0; top: 0; width: ${width}px; height: ${height}px; border: 0; opacity: 0; pointer-events: none; z-index: -1`
  const loaded = new Promise((done) => { frame.onload = done })
  const { style } = await stageScript()
  const place = `margin: 0; width: ${width}px; height: ${height}px; padding: 10px 16px; color-scheme: ${theme}`
  frame.srcdoc = `<!doctype html><style>${style}</style><body style="margin: 0"><div id="stage" style="${place}"></div>`
  document.body.append(frame)
  await loaded
  return frame
}

function save(film, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(film)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
