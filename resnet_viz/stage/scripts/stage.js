// The stage: nets as strips along the axis of depth, their waterfalls, loss and accuracy, one
// transport. It knows no host: `mount` draws into any element, and is told a race as JSON.

import { Board } from "./board.js"
import { CurveLines, drawCurves } from "./curves.js"
import { History, filled } from "./history.js"
import { axis, bundles, layoutOf, picture } from "./layout.js"
import { LitPlaces } from "./lit_places.js"
import { lookOf } from "./look.js"
import { arcWords, drawFoot, drawNet } from "./painting.js"
import { Player } from "./player.js"
import { below, wordsFor } from "./pointing.js"
import { drawProfile } from "./profile.js"
import { Removal } from "./removal.js"
import { cssRamp, places } from "./scale.js"
import { marksFor } from "./strip.js"
import { Transport, actionOf } from "./transport.js"
import { Waterfall } from "./waterfall.js"

const HTML = `<div class="said"><span class="sentence"></span> <button type="button" class="why" hidden></button></div>
<div class="picture"><div class="board"></div><canvas role="img"></canvas><div class="pointed" role="status" hidden></div></div>
<div class="key"><span class="less"></span><span class="ramp"></span><span class="more"></span><span class="reading"></span></div>
<div class="transport" role="toolbar"></div>`

/**
 * Draw a stage into `root`. `options.onAction(name, value)` hears what only a host can do (pause,
 * resume, train_one, pace, present, escape) and which quantity was chosen, `options.onStep(step,
 * player)` each step that is drawn; `options.plays` begins to play, `options.loops` for ever;
 * `options.keys === false` leaves the keys alone; `options.isFilmed` shows nothing to press;
 * `options.hasReasons` offers onAction("why") once the race is over. Returns `update`, `act`,
 * `destroy` and, for tests, `state`.
 */
export function mount(root, message, options = {}) {
  return new Stage(root, message, options)
}

class Stage {
  constructor(root, message, options) {
    this.root = root
    this.options = options
    root.classList.add("resnet-viz-stage")
    root.classList.toggle("filmed", Boolean(options.isFilmed))
    root.innerHTML = HTML
    const find = (name) => root.querySelector(`.${name}`)
    this.canvas = root.querySelector("canvas")
    this.context = this.canvas.getContext("2d")
    this.pointed = find("pointed")
    this.why = find("why")
    this.why.onclick = () => options.onAction("why")
    this.player = new Player()
    this.player.loops = Boolean(options.loops)
    this.board = new Board(find("board"))
    this.removal = new Removal(this)
    this.lines = new CurveLines()
    this.lit = new LitPlaces(this)
    this.mode = "start"
    this.view = "waterfall"
    this.#tell(message)
    this.#listen()
    this.request = requestAnimationFrame(this.#frame)
  }

  /** What is new of the race; false where the whole message is needed. */
  update(message) {
    if (message.nets) this.#tell(message)
    else if (message.records && !this.history.merge(message)) return false
    this.#say(message)
    // Ends of these scales are those of all that is known.
    if (this.mode === "absolute" || !this.quantity.log) this.isBuilt = false
    this.isStale = true
    return true
  }

  /** Draw all anew at once, for who prints cannot wait for a frame. */
  paint() {
    this.#build()
    if (this.isBuilt) this.draw()
  }

  destroy() {
    cancelAnimationFrame(this.request)
    this.observer.disconnect()
    this.media.removeEventListener("change", this.repaint)
    document.removeEventListener("keydown", this.onKey)
    this.root.replaceChildren()
  }

  #tell(message) {
    const isFirst = !this.history
    this.history = new History(message)
    const { words, quantities } = this.history
    const names = quantities.map(({ name, title }) => name + title).join()
    this.quantity = quantities.find(({ name }) => name === this.quantity?.name) ?? quantities[0]
    if (this.named !== names) this.#choices(words, quantities)
    this.named = names
    this.#say(message)
    this.isBuilt = false
    if (!isFirst) return
    this.root.classList.toggle("changes", !this.history.over)
    if (this.history.over) this.player.put(0, this.history.newest)
    if (this.options.plays) this.player.play(this.history.newest)
  }

  #choices(words, quantities) {
    this.transport = new Transport(this.root.querySelector(".transport"), words, (name, value) => this.act(name, value))
    const pairs = (prefix, names) => names.map((name) => [name, words[`${prefix}${name}`]])
    const modes = ["start", "own", "twin", "absolute"].filter((mode) => mode !== "twin" || this.history.nets.length === 2)
    const choices = [
      this.transport.choice("quantity", words.quantity, quantities.map(({ name, title }) => [name, title])),
      this.transport.choice("view", words.view, pairs("", ["waterfall", "profile"])),
      this.transport.choice("mode", words.colour, pairs("mode_", modes)),
    ]
    const values = [this.quantity.name, this.view, this.mode]
    choices.forEach((choice, i) => { choice.value = values[i] })
    this.transport.speed.value = this.player.speed
  }

  #say({ sentence, paused, steers, notes, pace, paces, removal }) {
    const place = this.root.querySelector(".sentence")
    if (sentence !== undefined && place.textContent !== sentence) place.textContent = sentence
    this.why.hidden = !this.options.hasReasons || !this.history.over
    this.why.textContent = this.history.words.why
    if (paused !== undefined) this.isPaused = paused
    if (steers !== undefined) this.canSteer = steers
    if (notes !== undefined) this.board.notes = notes
    if (paces !== undefined) this.transport.paces(paces, pace)
    if (removal !== undefined) this.removal.tell(removal)
    if (removal !== undefined) this.isBuilt = false
  }

  #listen() {
    this.repaint = () => { this.isBuilt = false }
    this.observer = new ResizeObserver(this.repaint)
    this.observer.observe(this.root)
    this.observer.observe(this.canvas.parentElement)
    this.media = matchMedia("(prefers-color-scheme: dark)")
    this.media.addEventListener("change", this.repaint)
    this.onKey = (event) => {
      const action = this.options.keys === false ? "" : actionOf(event, this.root)
      if (!action || !this.root.isConnected) return
      if (["present", "escape"].includes(action) && !this.options.onAction) return
      if (action !== "escape") event.preventDefault()
      this.act(action)
    }
    document.addEventListener("keydown", this.onKey)
    const { parentElement: picture } = this.canvas
    picture.addEventListener("pointermove", (event) => this.#point(event))
    picture.addEventListener("pointerleave", () => { this.pointed.hidden = true })
  }

  /** Whether "one step on" trains one: training is paused at the step shown. */
  get canTrainOne() {
    const { over, newest } = this.history
    return !over && this.isPaused && this.canSteer && this.player.step >= newest
  }

  /** Do what a button or key asks for, or, without a hand, what a host does. */
  act(name, value, byHand = true) {
    const { player, history } = this
    const { newest } = history
    if (byHand && ["quantity", "pace", "present", "escape"].includes(name)) this.options.onAction?.(name, value)
    if (name === "play" && !history.over) this.options.onAction?.(this.isPaused ? "resume" : "pause")
    else if (name === "play") player.isPlaying ? player.put(player.step, newest) : player.play(newest)
    else if (name === "back") player.put(player.step - 1, newest)
    else if (name === "on" && this.canTrainOne) {
      player.follow()
      this.options.onAction?.("train_one")
    } else if (name === "on") player.put(player.step + 1, newest)
    else if (name === "first") player.put(0, newest)
    else if (name === "last") player.put(newest, newest)
    else if (name === "step") player.put(value, newest)
    else if (name === "live") player.follow()
    else if (name === "speed") player.speed = Number(value)
    else if (name === "quantity") this.#chooseQuantity(value)
    else if (name === "view" || name === "mode") this[name] = value
    else if (name === "help") this.helps = !this.helps
    if (["quantity", "view", "mode", "help"].includes(name)) this.isBuilt = false
    this.isStale = true
  }

  #chooseQuantity(value) {
    this.quantity = this.history.quantities.find(({ name }) => name === value)
    this.transport.root.querySelector(".quantity").value = value
  }

  get keys() {
    const { keys, keys_host: more } = this.history.words
    return this.options.onAction ? `${keys} ${more}` : keys
  }

  /** What is shown, for tests and for whoever shares a link. */
  get state() {
    return { step: this.player.step, mode: this.mode, view: this.view, quantity: this.quantity.name, plays: this.player.isPlaying }
  }

  #frame = (now) => {
    this.request = requestAnimationFrame(this.#frame)
    const seconds = Math.min(0.2, (now - (this.last ?? now)) / 1000)
    this.last = now
    if (!this.isBuilt) this.#build()
    if (!this.isBuilt) return
    if (this.player.advance(seconds, this.history.newest) || this.isStale || this.removal.isMoving) this.draw()
  }

  /** All that depends on size, theme, and what is shown, but not on the step. */
  #build() {
    const { width, height } = this.root.getBoundingClientRect()
    if (width < 50 || height < 50) return
    const { history } = this
    this.layout = layoutOf(width, height, history.nets.length)
    this.root.style.setProperty("--font", `${this.layout.font}px`)
    this.root.style.setProperty("--picture", `${this.layout.tall}px`)
    this.root.classList.toggle("narrow", this.layout.isNarrow)
    this.root.classList.toggle("rows", !this.layout.hasCards)
    this.root.classList.toggle("many", history.nets.length > 2)
    // It may be scrolled there, by the keyboard, too.
    this.root.querySelector(".said").tabIndex = this.layout.isNarrow ? 0 : -1
    this.look = lookOf(this.root, this.history.nets, this.mode)
    this.root.dataset.theme = this.look.theme
    this.board.build(history, this.look)
    this.#putBoard()
    // What they say takes room, and the picture has what is left.
    this.removal.tools.say()
    this.#fillBoard()
    const box = this.canvas.parentElement.getBoundingClientRect()
    this.size = [box.width, box.height]
    const dense = devicePixelRatio || 1
    Object.assign(this.canvas, { width: Math.round(box.width * dense), height: Math.round(box.height * dense) })
    this.context.setTransform(dense, 0, 0, dense, 0, 0)
    this.look.marks = marksFor(this.context, this.look.theme)
    const { isNarrow, font } = this.layout
    const across = isNarrow ? box.width : Math.round(0.7 * box.width)
    const down = isNarrow ? box.height - 15 * font : box.height
    this.place = picture(across, down, this.layout, history.nets.length, this.view)
    this.board.place(this.place.rows, !this.layout.hasCards)
    this.curves = isNarrow
      ? { left: 0, top: down + 0.5 * font, width: box.width, height: box.height - down - font }
      : { left: across + font, top: 0, width: box.width - across - font, height: box.height - 1.2 * font }
    this.axis = axis(this.place, Math.max(...history.nets.map(({ depth }) => depth)))
    this.boxes = history.nets.map(({ boxes }) => bundles(boxes, this.axis.each))
    this.placeOf = places(history, this.quantity.name, this.mode)
    this.falls = history.nets.map(
      ({ depth }, i) => new Waterfall(depth, history.steps, Math.round(this.place.rows[i].waterfall.height * dense)),
    )
    this.removal.tools.place()
    this.#explain()
    this.isBuilt = this.isStale = true
  }

  #fillBoard() {
    this.board.effects = this.history.nets.map((_, net) => this.removal.effect(net))
    this.board.show(this.history, this.player.step)
  }

  // Cards stand above the picture, or in it, each beside its strip.
  #putBoard() {
    const said = this.root.querySelector(".said")
    if (this.layout.hasCards) this.root.insertBefore(this.board.root, said)
    else this.canvas.parentElement.prepend(this.board.root)
  }

  #explain() {
    const { words } = this.history
    const { title, usual_of: net } = this.quantity
    const find = (name) => this.root.querySelector(`.key .${name}`)
    const isAbsolute = this.mode === "absolute"
    find("ramp").style.background = cssRamp(this.look.ramp)
    find("less").textContent = isAbsolute || !this.quantity.log ? words.less : words.smaller
    find("more").textContent = isAbsolute || !this.quantity.log ? words.more : words.larger
    const what = filled(words[`what_${this.mode}`] ?? "", { net })
    const isKnown = this.mode !== "start" || this.quantity.usual !== null
    const reading = isAbsolute ? words.reading_absolute : isKnown ? words.reading : ""
    const arcs = this.layout.isNarrow ? ` ${arcWords(this)}` : ""
    find("reading").textContent = this.helps ? this.keys : filled(reading, { title, what }) + arcs
    this.canvas.setAttribute("aria-label", `${title}: ${this.history.nets.map(({ name }) => name).join(", ")}`)
  }

  /** Draw the step shown. */
  draw() {
    const { context, history, player, look, place } = this
    const { step } = player
    this.isStale = false
    this.options.onStep?.(step, player)
    context.clearRect(0, 0, ...this.size)
    history.nets.forEach((net, number) => drawNet(this, net, number, step))
    if (this.view === "profile") {
      drawProfile(context, place.profile, place, history, this.quantity, this.axis, look, this.layout.font, (net) =>
        history.series(net, this.quantity.name).rowAt(step))
    }
    drawFoot(this)
    const { words } = history
    drawCurves(context, this.curves, history, look, { step, font: this.layout.font, words, lines: this.lines })
    this.removal.tools.show()
    this.#fillBoard()
    const { newest, over, steps, isOpen } = history
    this.transport.show({
      step, steps, isOpen, newest, isOver: over, isPlaying: player.isPlaying, isPaused: this.isPaused,
      follows: player.follows, canSteer: this.canSteer, canTrainOne: this.canTrainOne,
    })
  }

  #point(event) {
    if (!this.isBuilt) return
    const box = this.canvas.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const boxes = this.boxes.map((one) => one.boxes)
    const found = below(x, y, this.place, this.axis, this.history, boxes, this.player.step, this.history.newest)
    this.pointed.hidden = !found
    if (!found) return
    this.pointed.textContent = wordsFor(found, this.history, this.quantity)
    this.pointed.style.left = `${Math.min(x + 14, box.width - this.pointed.offsetWidth)}px`
    this.pointed.style.top = `${y + 18}px`
  }
}
