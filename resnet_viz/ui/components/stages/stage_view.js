// The stage on a page of the app: mounted once, told what is new by events of the server, and
// telling the server what a hand does and which step the charts below are to show.

const LOST = 3 // connections without a word, after which it asks now and then instead
const ASK_MS = 1500
const HAND_MS = 80 // between two messages of one drag
const PLAY_MS = 400 // while a recording plays
const PATIENCE_MS = 1500 // what has no answer by then is said again (Streamlit may drop it)
const TRIES = 3 // without an answer, of which the last asks the whole page's script to run
const EACH = ["train_one", "present"] // of other wishes of one name the newest alone counts
const NEWS_MS = 1000 // between two requests for what is new of the charts below
const LINK_MS = 400 // of rest before the address gets the step
const REMOVAL_MS = 200 // between two questions for errors that are measured
const BELOW = 80 // pixels below the stage that are seen before charts are kept up to date
const LEAST = 430 // pixels of height
const MOST = 0.8 // of its width

const mounted = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".stage-host")
  const view = mounted.get(host) ?? new StageView(host)
  mounted.set(host, view)
  view.hear(data, (wishes) => setTriggerValue("wishes", wishes))
  return () => {
    view.leave()
    mounted.delete(host)
  }
}

class StageView {
  stage = null
  race = null
  steers = false
  moves = 0
  told = null // the step that the server knows of; null for the newest
  toldAt = 0
  askedAt = 0
  wishes = [] // that may have no answer yet
  newsAt = 0
  lost = 0
  timers = {}

  constructor(host) {
    this.host = host
    this.script = import(new URL("chart_scripts/VERSION/stage.js", appRoot()).href)
    this.script.then(({ style }) => styled(style)).catch((error) => {
      host.textContent = `The stage cannot be drawn (${error.message}). Reload the page.`
    })
    this.onResize = () => this.fit()
    addEventListener("resize", this.onResize)
    this.ground = host.closest("[data-testid=stMain]") ?? document.documentElement
    this.sized = new ResizeObserver(this.onResize)
    this.sized.observe(host.closest("[data-testid=stMainBlockContainer]") ?? document.body)
    this.onScroll = () => this.askForNews()
    document.addEventListener("scroll", this.onScroll, { capture: true, passive: true })
    this.onVisible = () => this.rest()
    document.addEventListener("visibilitychange", this.onVisible)
  }

  // A browser has six connections to a server: tabs that nobody sees take none of them.
  rest() {
    if (document.hidden) return this.source?.close()
    const isClosed = !this.source || this.source.readyState === EventSource.CLOSED
    if (this.race && isClosed && !(this.stage?.history.over && !this.isNew)) this.listen()
  }

  /** What the server's script says. */
  hear(data, send) {
    this.data = data
    this.send = send
    this.host.classList.toggle("alone", data.alone)
    this.fit()
    if (data.race !== this.race || data.language !== this.language) this.open()
    else if (data.moves > this.moves) this.put()
    if (data.message && data.message !== this.shown) this.show(JSON.parse((this.shown = data.message)))
    if (data.steers !== this.steers) this.steer()
    if (data.quantity && this.stage) this.choose()
    this.hearRemoval()
  }

  // All that has no answer is said with each message, and again: Streamlit may drop a message, and
  // of two at once keeps the last. The server obeys what is newer than its last answer.
  tell(wish) {
    const isKept = (one) => (one.name !== wish.name || EACH.includes(one.name)) && !this.isAnswered(one)
    this.wishes = [...this.wishes.filter(isKept), this.dated(wish)]
    this.say(0)
  }

  dated(wish) {
    this.askedAt = Math.max(performance.now(), this.askedAt + 0.01)
    return { ...wish, at: this.askedAt, of: this.data.run }
  }

  // A server that was restarted knows this part of the page only after a run of the whole script.
  say(tries) {
    if (tries % TRIES < TRIES - 1) this.send(this.wishes)
    else document.dispatchEvent(new Event("resnet-viz-wake"))
    clearTimeout(this.timers.patience)
    this.timers.patience = setTimeout(() => this.sayAgain(tries + 1), PATIENCE_MS)
  }

  // What was heard, and whose news did not come, is a new wish.
  sayAgain(tries) {
    const left = this.wishes.filter((wish) => !this.isAnswered(wish))
    this.wishes = left.map((wish) => (wish.at <= this.data.answer ? this.dated(wish) : wish))
    if (left.length) this.say(tries)
  }

  // Charts' news come in a message of their own (news.js), if the page was not drawn anew.
  isAnswered({ name, at, of }) {
    const { answer, run, alone } = this.data
    if (answer < at) return false
    const hasNews = !alone && run === of && ["news", "step"].includes(name)
    return !hasNews || (window.resnetVizNewsAt ?? 0) >= at
  }

  open() {
    const { race, language, moves, step } = this.data
    Object.assign(this, { race, language, moves, told: step, isNew: true, lost: 0, wishes: [] })
    this.source?.close()
    clearTimeout(this.timers.ask)
    if (race && !document.hidden) this.listen()
  }

  // A new connection begins with the whole race.
  listen() {
    this.source?.close()
    const query = new URLSearchParams({ race: this.race, lang: this.language ?? "" })
    const address = new URL(`stage_feed?${query}`, appRoot()).href
    const source = (this.source = new EventSource(address))
    source.onmessage = ({ data }) => this.show(JSON.parse(data))
    source.addEventListener("over", () => source.close())
    source.onerror = () => {
      this.lost += 1
      if (this.lost < LOST) return
      source.close()
      this.ask(`${address}&once=1`)
    }
  }

  async ask(address) {
    clearTimeout(this.timers.ask)
    const { race } = this
    const answer = await fetch(address).catch(() => null)
    if (this.isGone || race !== this.race) return
    if (answer?.ok) await this.show(await answer.json())
    if (!this.stage?.history.over) this.timers.ask = setTimeout(() => this.ask(address), ASK_MS)
  }

  async show(message) {
    const { mount } = await this.script
    if (this.isGone) return
    this.lost = 0
    const wasOver = this.stage?.history.over ?? message.over
    const whole = { ...message, steers: this.steers }
    if (!this.stage && message.nets) {
      this.stage = mount(this.host, whole, {
        onAction: (name, value) => this.act(name, value),
        onStep: (step, player) => this.onStep(step, player),
        keys: true,
        hasReasons: !this.data.alone && this.data.reasons,
      })
      this.hearRemoval()
    } else if (!this.stage?.update(whole)) return this.listen() // it lacks what came before
    if (this.isNew) {
      this.isNew = false
      this.put()
      this.choose()
    }
    this.isStale = true
    if (message.over && !wasOver) this.requestNews()
    else this.askForNews()
  }

  // Which blocks may go and are out; while errors are measured it asks again.
  hearRemoval() {
    const { removal = null } = this.data
    clearTimeout(this.timers.removal)
    if (removal) removal.experiment[1] = new URL(removal.experiment[1], appRoot()).href
    const text = JSON.stringify(removal)
    if (this.stage && text !== this.removal) {
      this.removal = text
      this.stage.update({ removal })
    }
    const isMeasured = removal?.nets.some(({ measures }) => measures)
    if (isMeasured) this.timers.removal = setTimeout(() => this.tell({ name: "removal_news" }), REMOVAL_MS)
  }

  steer() {
    this.steers = this.data.steers
    this.stage?.update({ steers: this.steers })
  }

  choose() {
    const { quantity } = this.data
    if (this.chosen && quantity !== this.chosen) return // it does not know yet
    this.chosen = null
    const has = this.stage?.history.quantities.some(({ name }) => name === quantity)
    if (has && this.stage.state.quantity !== quantity) this.stage.act("quantity", quantity, false)
  }

  // Go where the server says.
  put() {
    const { step, moves } = this.data
    Object.assign(this, { moves, told: step })
    if (step === null) this.stage?.act("live")
    else this.stage?.act("step", step)
  }

  act(name, value) {
    if (!this.race || (name === "escape" && !this.data.alone)) return
    if (name === "quantity") this.chosen = value
    if (name === "why") this.goTo(".st-key-race_why")
    this.tell({ name: name === "escape" ? "present" : name, value })
  }

  // What was asked for is on the page after the next run of its script.
  goTo(selector, tries = 100) {
    const found = document.querySelector(selector)
    if (found) found.scrollIntoView({ block: "center" })
    else if (tries) this.timers.way = setTimeout(() => this.goTo(selector, tries - 1), 100)
  }

  onStep(step, player) {
    const wanted = player.follows ? null : step
    clearTimeout(this.timers.link)
    if (!player.isPlaying) this.timers.link = setTimeout(() => this.link(wanted), LINK_MS)
    if (wanted === this.told || !this.race) return
    if (player.isPlaying && !this.isBelowSeen()) return
    const rest = this.toldAt + (player.isPlaying ? PLAY_MS : HAND_MS) - performance.now()
    clearTimeout(this.timers.step)
    this.timers.step = setTimeout(() => this.tellStep(wanted), Math.max(0, rest))
  }

  tellStep(step) {
    this.told = step
    this.toldAt = performance.now()
    this.moves += 1
    this.tell({ name: "step", value: step, move: this.moves })
  }

  // The address holds the step that is looked at, so that a copy of it shows the same.
  link(step) {
    if (!this.race || this.isGone) return
    const url = new URL(location.href)
    const isFirst = step === 0 && this.stage.history.over // where a recording begins anyway
    if (step === null || isFirst) url.searchParams.delete("step")
    else url.searchParams.set("step", step)
    if (url.href !== location.href) history.replaceState(history.state, "", url)
  }

  isBelowSeen() {
    return !this.data.alone && this.host.getBoundingClientRect().bottom < innerHeight - BELOW
  }

  // Charts below follow a race more slowly, and only while they are in view.
  askForNews() {
    if (!this.isStale || !this.race || !this.isBelowSeen()) return
    const rest = this.newsAt + NEWS_MS - performance.now()
    clearTimeout(this.timers.news)
    if (rest > 0) this.timers.news = setTimeout(() => this.askForNews(), rest)
    else this.requestNews()
  }

  requestNews() {
    this.isStale = false
    this.newsAt = performance.now()
    this.tell({ name: "news" })
  }

  /** As tall as leaves it whole on the first screen. */
  fit() {
    const top = this.host.getBoundingClientRect().top + this.ground.scrollTop
    const room = Math.min(innerHeight - top - 12, Math.max(LEAST, MOST * this.host.clientWidth))
    const height = `${room < LEAST ? Math.max(LEAST, innerHeight - 72) : room}px`
    if (this.host.style.getPropertyValue("--stage-height") !== height) this.host.style.setProperty("--stage-height", height)
  }

  leave() {
    this.isGone = true
    this.source?.close()
    Object.values(this.timers).forEach(clearTimeout)
    removeEventListener("resize", this.onResize)
    this.sized.disconnect()
    document.removeEventListener("scroll", this.onScroll, { capture: true })
    document.removeEventListener("visibilitychange", this.onVisible)
    this.stage?.destroy()
  }
}

function styled(style) {
  if (document.getElementById("resnet-viz-stage-style")) return
  const sheet = document.createElement("style")
  sheet.id = "resnet-viz-stage-style"
  sheet.textContent = style
  document.head.append(sheet)
}
