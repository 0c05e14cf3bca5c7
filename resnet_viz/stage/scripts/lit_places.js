// Places of the stage that words beside it point at: a frame around what a text speaks of.
// A host asks by an event "resnet-viz-point" on the stage's root, with a place such as
// "stage.shortcuts" as its detail, or "" for none.

const ELEMENTS = { stage: null, scoreboard: ".board", sentence: ".said", transport: ".transport" }

export class LitPlaces {
  constructor(stage) {
    this.stage = stage
    stage.root.addEventListener("resnet-viz-point", ({ detail: place }) => this.light(place))
  }

  light(place) {
    const { root } = this.stage
    root.querySelectorAll(".lit-frame").forEach((frame) => frame.remove())
    root.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"))
    const name = place.split(".")[1]
    if (!name || !this.stage.isBuilt) return
    if (name in ELEMENTS) return root.querySelector(ELEMENTS[name])?.classList.add("lit")
    for (const box of this.boxes(name)) this.#frame(box)
  }

  /** The boxes of a place in the picture, in pixels. */
  boxes(name) {
    const { place, curves, view } = this.stage
    const width = place.right - place.left
    const wide = ({ top, height }) => ({ left: place.left, width, top, height })
    const rows = place.rows
    if (name === "curves") return [curves]
    if (name === "shortcuts") return rows.map((row) => wide(row.arcs))
    if (name === "nets") return rows.map((row) => wide({ top: row.arcs.top, height: row.arcs.height + row.strip.height }))
    if (name === "gradients") return view === "profile" ? [wide(place.profile)] : rows.map((row) => wide(row.waterfall))
    return []
  }

  #frame({ left, top, width, height }) {
    const frame = document.createElement("div")
    frame.className = "lit-frame"
    Object.assign(frame.style, { left: `${left - 4}px`, top: `${top - 4}px`, width: `${width + 8}px`, height: `${height + 8}px` })
    this.stage.canvas.parentElement.append(frame)
  }
}
