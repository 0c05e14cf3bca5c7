// Transport: play and pause, one step, live, speed, slider, count; and the keys for all of them.

import { filled } from "./history.js"

export const SPEEDS = [0.25, 0.5, 1, 2, 4]
const ICONS = {
  first: "M5 4v16M19 5l-10 7 10 7z",
  back: "M15 5l-8 7 8 7z",
  play: "M7 4l13 8-13 8z",
  pause: "M7 4h4v16H7zM14 4h4v16h-4z",
  on: "M9 5l8 7-8 7z",
}

export class Transport {
  /** `act(name, value)` is called for whatever a hand or a key does. */
  constructor(root, words, act) {
    this.root = root
    this.words = words
    this.act = act
    root.replaceChildren()
    const button = (name, label) => this.#button(name, label)
    this.first = button("first", words.first)
    this.back = button("back", words.back)
    this.play = button("play", words.play)
    this.on = button("on", words.on)
    this.live = this.#text("button", "live", words.live)
    this.live.title = words.live_help
    this.live.addEventListener("click", () => act("live"))
    this.slider = this.#slider()
    this.count = this.#text("output", "count", "")
    this.speed = this.#select("speed", words.speed, SPEEDS.map((speed) => [speed, `${speed}x`]))
    this.speed.value = 1
    this.pace = this.#select("pace", words.speed, [])
    this.help = this.#text("button", "help", "?")
    this.help.title = words.keys
    this.help.setAttribute("aria-label", words.help)
    this.help.addEventListener("click", () => act("help"))
  }

  /** Add a choice; returns its element. */
  choice(name, label, options) {
    return this.#select(name, label, options, this.help)
  }

  /** How fast training may go: pairs of steps per second and their words, and the one that holds. */
  paces(pairs, now) {
    const known = JSON.stringify(pairs)
    if (this.known !== known) this.pace.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)))
    this.known = known
    if (document.activeElement !== this.pace) this.pace.value = now
  }

  show({ step, steps, isOpen, newest, isOver, isPlaying, isPaused, follows, canSteer, canTrainOne }) {
    const { words } = this
    this.speed.hidden = !isOver
    this.pace.hidden = isOver || !canSteer
    named(this.on, canTrainOne ? words.train_one : words.on)
    const runs = isOver ? isPlaying : !isPaused
    const wanted = isOver ? (isPlaying ? words.stop_playing : words.play) : isPaused ? words.resume : words.pause
    this.play.disabled = !isOver && !canSteer
    if (this.play.title !== wanted) {
      named(this.play, wanted)
      this.play.querySelector("path").setAttribute("d", runs ? ICONS.pause : ICONS.play)
    }
    this.live.hidden = isOver
    this.live.setAttribute("aria-pressed", `${follows}`)
    this.slider.max = steps
    if (document.activeElement !== this.slider || Number(this.slider.value) !== step) this.slider.value = step
    this.slider.style.setProperty("--done", `${(100 * Math.min(newest, steps)) / Math.max(1, steps)}%`)
    this.slider.style.setProperty("--at", `${(100 * step) / Math.max(1, steps)}%`)
    const said = filled(isOpen ? words.at_step : words.of_steps, { step: step.toLocaleString("en-GB"), steps: steps.toLocaleString("en-GB") })
    if (this.count.textContent !== said) this.count.textContent = said
    this.slider.setAttribute("aria-valuetext", said)
  }

  #button(name, label) {
    const made = this.#text("button", name, "")
    named(made, label)
    made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`
    made.addEventListener("click", () => this.act(name))
    return made
  }

  #text(tag, name, text) {
    const made = document.createElement(tag)
    if (tag === "button") made.type = "button"
    made.className = name
    made.textContent = text
    this.root.append(made)
    return made
  }

  #slider() {
    const made = this.#text("input", "slider", "")
    Object.assign(made, { type: "range", min: 0, max: 1, step: 1, value: 0 })
    made.setAttribute("aria-label", this.words.slider)
    made.addEventListener("input", () => this.act("step", Number(made.value)))
    return made
  }

  #select(name, label, options, before = null) {
    const made = document.createElement("select")
    made.className = name
    made.setAttribute("aria-label", label)
    made.title = label
    made.append(...options.map(([value, text]) => new Option(text, value)))
    made.addEventListener("change", () => this.act(name, made.value))
    this.root.insertBefore(made, before)
    return made
  }
}

function named(button, label) {
  if (button.title === label) return
  button.title = label
  button.setAttribute("aria-label", label)
}

const KEYS = {
  " ": "play",
  ArrowLeft: "back",
  ArrowRight: "on",
  Home: "first",
  End: "last",
  l: "live",
  p: "present",
  Escape: "escape",
  "?": "help",
}
// What takes arrows, and what takes the space bar, beside fields.
const ARROWED = "[role=slider],[role=spinbutton],[role=radiogroup],[role=tablist],[role=listbox],[role=combobox],[role=menu],[role=grid],[role=tree],[role=application],canvas,svg"
const PRESSED = "button,a,summary,[role=button],[role=switch],[role=tab],[role=option],[role=menuitem],[role=checkbox],[role=radio]"

/** The action of a key that is meant for the stage in `root`; "" for any other. */
export function actionOf(event, root) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return ""
  const [target] = event.composedPath()
  const isOutside = target.closest && !root.contains(target)
  if (isOutside && target.closest(event.key === " " ? PRESSED : ARROWED)) return ""
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return ""
  if (target.tagName === "INPUT" && target.type !== "range") return ""
  if (event.key === " " && target.tagName === "BUTTON") return ""
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? ""
}
