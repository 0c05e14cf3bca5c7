// Tools of removal: a switch, a button over each block, the row with Undo, and the errors at the blocks.

import { element, set } from "./board.js"
import { filled } from "./history.js"

const ALONG = { ArrowLeft: -1, ArrowRight: 1 }
const ACROSS = { ArrowUp: -1, ArrowDown: 1 }

function pressable(className, text, act) {
  const made = element("button", className, text)
  made.type = "button"
  made.addEventListener("click", act)
  return made
}

export class RemovalTools {
  constructor(removal, stage) {
    this.removal = removal
    this.stage = stage
    this.bars = [] // of each net its buttons
    this.chips = []
    this.row = element("div", "removal")
    this.undo = pressable("undo", "", () => removal.undo())
    this.random = pressable("random", "", () => removal.random())
    this.hint = element("span", "hint")
    this.status = element("span", "effects")
    this.status.setAttribute("role", "status")
    this.refusals = element("span", "refusals")
    this.row.append(this.undo, this.random, this.hint, this.status, this.refusals)
  }

  /** Put the switch and the row of tools where they belong, with what they say. */
  say() {
    const { root, canvas, transport, layout, history: { words, nets } } = this.stage
    // Its room is kept from the start, so that nothing moves as the race ends.
    if (this.removal.told || this.stage.options.hasReasons) this.#offer(transport, words)
    if (!this.removal.told) return this.#clear()
    // A narrow stage is scrolled: the tools stand beside the strips.
    const next = layout.isNarrow ? canvas.parentElement : transport.root
    if (this.row.nextElementSibling !== next) root.insertBefore(this.row, next)
    set(this.undo, words.undo)
    set(this.random, words.remove_random)
    this.toggle.setAttribute("aria-pressed", `${this.isOn}`)
    this.row.hidden = !this.isOn
    if (!this.isOn) return
    const isAny = this.removal.out.some(({ length }) => length)
    this.undo.disabled = !isAny && !this.removal.undone.length
    this.random.disabled = this.removal.told.nets.every(({ refusal }) => refusal)
    const effects = nets.map((_, net) => [nets[net].name, this.removal.effect(net)?.said]).filter(([, said]) => said)
    set(this.status, effects.map(([name, said]) => `${name}: ${said[0].toLowerCase()}${said.slice(1)}`).join("; "))
    set(this.hint, isAny || this.random.disabled ? "" : words.remove_hint)
    this.#refuse()
  }

  #offer(transport, words) {
    if (this.toggle?.parentElement !== transport.root) {
      this.toggle = pressable("remove", words.remove_blocks, () => this.removal.turn(!this.removal.isOn))
      this.toggle.title = words.remove_help
      transport.root.insertBefore(this.toggle, transport.help)
    }
    this.toggle.style.visibility = this.removal.may ? "" : "hidden"
  }

  get isOn() {
    return Boolean(this.removal.may && this.removal.isOn)
  }

  /** Put a button over each block. */
  place() {
    const { canvas, history, boxes, place, axis } = this.stage
    const named = this.isOn ? JSON.stringify(boxes.map((own) => own.boxes.map((box) => box.of.map(({ name }) => name)))) : ""
    if (named !== this.named) this.#bars(canvas.parentElement, named ? boxes : [])
    this.named = named
    this.bars.forEach(({ bar, buttons }, net) => {
      const { arcs, strip } = place.rows[net]
      const { depth } = history.nets[net]
      const height = strip.top + strip.height - arcs.top
      bar.style.top = `${arcs.top}px`
      bar.style.height = `${height}px`
      for (const { button, box } of buttons) {
        const [left, right] = [axis.from(box.first, depth), axis.to(box.last, depth)]
        button.style.left = `${left}px`
        button.style.width = `${right - left}px`
      }
    })
  }

  // Where no host measures there is nothing of it.
  #clear() {
    for (const part of [this.row, ...this.chips, ...this.bars.map(({ bar }) => bar)]) part.remove()
    Object.assign(this, { bars: [], named: "" })
  }

  #bars(picture, boxes) {
    picture.querySelectorAll(":scope > .blocks").forEach((bar) => bar.remove())
    const { words, nets } = this.stage.history
    this.bars = boxes.map((own, net) => {
      const bar = element("div", "blocks")
      bar.setAttribute("role", "toolbar")
      bar.setAttribute("aria-label", filled(words.blocks_of, { net: nets[net].name }))
      const buttons = own.boxes.filter(({ name }) => name).map((box) => {
        const button = pressable("", "", () => this.removal.press(net, box))
        bar.append(button)
        const label = box.of.length > 1 ? filled(words.bundle_label, { label: box.label, count: box.of.length - 1 }) : box.label
        button.setAttribute("aria-label", filled(words.remove_label, { label }))
        button.tabIndex = -1
        return { button, box }
      })
      bar.addEventListener("keydown", (event) => this.#key(event, net))
      bar.addEventListener("focusin", ({ target }) => buttons.forEach(({ button }) => { button.tabIndex = button === target ? 0 : -1 }))
      const first = buttons.find(({ box }) => !this.removal.whyKept(net, box)) ?? buttons[0]
      if (first) first.button.tabIndex = 0
      picture.append(bar)
      return { bar, buttons }
    })
  }

  // Arrows go along and across, Delete removes, Escape leaves; Enter and Space press, as anywhere.
  #key(event, net) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const { buttons } = this.bars[net]
    const at = buttons.findIndex(({ button }) => button === event.target)
    const { key } = event
    if (key in ALONG) buttons[at + ALONG[key]]?.button.focus()
    else if (key in ACROSS) this.#nearest(net + ACROSS[key], buttons[at].button)?.focus()
    else if (key === "Home") buttons[0].button.focus()
    else if (key === "End") buttons.at(-1).button.focus()
    else if (["Delete", "Backspace"].includes(key)) {
      const { box } = buttons[at]
      if (!box.of.every(({ name }) => this.removal.out[net].includes(name))) this.removal.press(net, box)
    } else if (key === "Escape") {
      this.removal.turn(false)
      this.toggle.focus()
    } else return
    event.preventDefault()
  }

  #nearest(net, from) {
    const x = (button) => button.getBoundingClientRect().left
    const others = this.bars[net]?.buttons.map(({ button }) => button) ?? []
    return others.sort((a, b) => Math.abs(x(a) - x(from)) - Math.abs(x(b) - x(from)))[0]
  }

  /** Say what is out, and what that changed. */
  show() {
    this.say()
    if (!this.toggle) return
    this.#chips()
    const known = [this.removal.out, this.removal.told, this.bars]
    if (known.every((one, i) => one === this.known?.[i])) return
    this.known = known
    this.bars.forEach(({ buttons }, net) => buttons.forEach(({ button, box }) => {
      const why = this.removal.whyKept(net, box)
      button.title = why
      button.setAttribute("aria-disabled", `${Boolean(why)}`)
      button.setAttribute("aria-pressed", `${box.of.every(({ name }) => this.removal.out[net]?.includes(name))}`)
    }))
  }

  #refuse() {
    const said = this.removal.told.nets.map(({ refusal }) => refusal).filter(Boolean).join(" ")
    if (this.refused === said) return
    this.refused = said
    const [name, address] = this.removal.told.experiment
    this.refusals.replaceChildren(said)
    if (!said) return
    const link = element("a", "experiment", name)
    link.href = address
    this.refusals.append(" ", this.stage.history.words.remove_elsewhere, " ", link, ".")
  }

  // The errors stand at the block that was removed last.
  #chips() {
    const { history: { nets }, boxes, place, axis, layout, canvas: { parentElement: picture } } = this.stage
    nets.forEach((net, number) => {
      this.chips[number] ??= picture.appendChild(element("div", "chip"))
      const chip = this.chips[number]
      if (chip.parentElement !== picture) picture.append(chip)
      const own = this.removal.effect(number)
      const last = own && this.removal.out[number].at(-1)
      const box = last && boxes[number].boxes.find(({ of }) => of?.some(({ name }) => name === last))
      chip.hidden = !box || !own.short
      if (chip.hidden) return
      set(chip, own.short)
      chip.setAttribute("aria-hidden", "true") // the status says it
      chip.classList.toggle("measures", Boolean(own.measures))
      chip.style.setProperty("--net", this.stage.look.colours[number])
      const middle = (axis.from(box.first, net.depth) + axis.to(box.last, net.depth)) / 2
      const width = chip.offsetWidth
      chip.style.left = `${Math.max(place.left, Math.min(place.right - width, middle - width / 2))}px`
      const { top, waterfall } = place.rows[number]
      chip.style.top = `${layout.hasCards ? top : waterfall.top}px` // no title stands above small rows
    })
    this.chips.splice(nets.length).forEach((chip) => chip.remove())
  }
}
