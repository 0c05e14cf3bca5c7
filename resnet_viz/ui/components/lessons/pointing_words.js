// Words that point: a link to "#stage.shortcuts" lights up that place while a pointer or the focus is
// on it; a tap or a press leaves it lit until the next.

const LINKS = 'a[href*="#stage"], a[href*="#figure"], a[href*="#prediction"]'
const PLACES = { stage: ".resnet-viz-stage", figure: '[class*="st-key-lesson_figure"]', prediction: ".prediction" }
let isListening = false
let kept = ""
let shown = null // what the page was of

export default function ({ data }) {
  if (!document.querySelector("style[data-pointing]")) document.head.append(style())
  // Another step begins at its top.
  if (shown !== null && shown !== data.of) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0)
  if (shown !== data.of) light((kept = ""))
  shown = data.of
  if (isListening) return
  isListening = true
  const placeOf = (event) => event.target.closest?.(LINKS)?.hash.slice(1) ?? ""
  for (const begin of ["pointerover", "focusin"]) {
    document.addEventListener(begin, (event) => { if (placeOf(event)) light(placeOf(event)) })
  }
  for (const end of ["pointerout", "focusout"]) {
    document.addEventListener(end, (event) => { if (placeOf(event)) light(kept) })
  }
  document.addEventListener("click", (event) => {
    const place = placeOf(event)
    if (!place) return
    event.preventDefault()
    kept = kept === place ? "" : place
    light(kept)
    document.querySelector(PLACES[place.split(".")[0]])?.scrollIntoView({ block: "nearest", behavior: "smooth" })
  })
}

function light(place) {
  document.querySelectorAll(".lit-place").forEach((element) => element.classList.remove("lit-place"))
  const [picture] = place.split(".")
  for (const stage of document.querySelectorAll(PLACES.stage)) {
    stage.dispatchEvent(new CustomEvent("resnet-viz-point", { detail: picture === "stage" ? place : "" }))
  }
  if (!place || (picture === "stage" && place !== "stage")) return
  document.querySelectorAll(PLACES[picture]).forEach((element) => element.classList.add("lit-place"))
}

function style() {
  const made = document.createElement("style")
  made.dataset.pointing = ""
  made.textContent = `.lit-place { outline: 4px solid #D55E00; outline-offset: 3px; border-radius: 6px }
a[href^="#stage"], a[href^="#figure"], a[href^="#prediction"] { text-decoration: underline dotted; text-underline-offset: 3px }`
  return made
}
