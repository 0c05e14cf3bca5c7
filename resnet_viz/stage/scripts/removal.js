// Removal of blocks, where a host allows it: which are out, one by one, some at random, Undo, and the
// errors before and after, which the host measures.

import { filled } from "./history.js"
import { RemovalTools } from "./removal_tools.js"

const MOVE_MS = 350
const AT_RANDOM = 5

export class Removal {
  constructor(stage) {
    this.stage = stage
    this.told = null // what the host says: for each net what may go, what is out, and the effect
    this.out = [] // of each net the blocks that are out, in the order in which they were removed
    this.undone = [] // what was out before each press
    this.moves = 0
    this.began = new Map() // when a block began to move
    this.until = 0
    this.tools = new RemovalTools(this, stage)
  }

  /** What the host says; null where blocks cannot be removed. */
  tell(told) {
    const isOther = told?.race !== this.told?.race
    this.told = told
    if (isOther) Object.assign(this, { isOn: Boolean(told?.on), undone: [] })
    if (told && told.moves >= this.moves) {
      this.moves = told.moves
      this.#let(told.nets.map(({ removed }) => removed))
    }
  }

  get may() {
    return Boolean(this.told?.may && this.stage.history.over)
  }

  /** Whether the picture is of the weights that the errors are of: the last. */
  get isShown() {
    return Boolean(this.told) && this.stage.history.over && this.stage.player.step >= this.stage.history.newest
  }

  get isMoving() {
    return performance.now() < this.until
  }

  /** How far a box has gone, from 0 (in its place) to 1; of a bundle the mean of its blocks. */
  gone(net, box) {
    if (!this.isShown || !box.name) return 0
    const now = performance.now()
    const far = (name) => {
      const done = Math.min(1, (now - (this.began.get(`${net} ${name}`) ?? -Infinity)) / MOVE_MS)
      const eased = 1 - (1 - done) ** 3
      return this.out[net]?.includes(name) ? eased : 1 - eased
    }
    return box.of.reduce((sum, { name }) => sum + far(name), 0) / box.of.length
  }

  /** What stands in the card of a net instead of its accuracy; null where all blocks are in. */
  effect(net) {
    const out = this.out[net]?.length
    if (!this.isShown || !out) return null
    const { words } = this.stage.history
    const own = this.told.nets[net]
    const isKnown = this.told.moves >= this.moves && !own.measures
    if (isKnown) return { ...own, brief: own.short ? filled(words.error_from, { errors: own.short }) : own.said }
    const many = filled(out === 1 ? words.removed_one : words.removed_many, { count: out })
    return { figure: "", said: `${many}: ${words.measuring}`, of: "", short: words.measuring, brief: words.measuring, measures: true }
  }

  // Let exactly these be out; each that changes moves.
  #let(out) {
    const now = performance.now()
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches
    out.forEach((names, net) => {
      const before = this.out[net] ?? []
      const changed = [...names.filter((name) => !before.includes(name)), ...before.filter((name) => !names.includes(name))]
      for (const name of changed) this.began.set(`${net} ${name}`, isStill ? -Infinity : now)
      if (changed.length) this.until = now + MOVE_MS + 50
    })
    this.out = out
    this.stage.isStale = true
  }

  #change(out) {
    this.undone.push(this.out)
    this.#say(out)
  }

  #say(out) {
    this.moves += 1
    this.stage.act("last")
    this.#let(out.map((names) => names.slice(0, this.told.most)))
    this.stage.options.onAction?.("remove", { blocks: this.out, move: this.moves })
  }

  /** Remove a box's blocks, or put them back. */
  press(net, box) {
    if (this.whyKept(net, box)) return
    const [own, names] = [this.out[net], box.of.map(({ name }) => name)]
    const rest = own.filter((name) => !names.includes(name))
    const isOut = names.every((name) => own.includes(name))
    this.#change(this.out.map((one, i) => (i === net ? (isOut ? rest : [...rest, ...names]) : one)))
  }

  /** Take back the last press; without one, as in a link, the last block. */
  undo() {
    const last = this.out.findLastIndex((names) => names.length)
    if (last < 0 && !this.undone.length) return
    this.#say(this.undone.pop() ?? this.out.map((names, net) => (net === last ? names.slice(0, -1) : names)))
  }

  /** Remove some blocks of each net, the same ones as far as they have them. */
  random() {
    const free = this.told.nets.map((own, net) => {
      const names = this.stage.history.nets[net].boxes.map(({ name }) => name).filter(Boolean)
      return own.refusal ? [] : names.filter((name) => !own.kept[name] && !this.out[net].includes(name))
    })
    const able = free.filter(({ length }) => length)
    const order = [...new Set(able.flat())].map((name) => ({
      name, rank: able.every((names) => names.includes(name)) ? Math.random() : 1 + Math.random(),
    })).sort((a, b) => a.rank - b.rank)
    const chosen = free.map((names) => order.map(({ name }) => name).filter((name) => names.includes(name)).slice(0, AT_RANDOM))
    if (able.length) this.#change(this.out.map((names, net) => [...names, ...chosen[net]]))
  }

  /** Why a box stays; "" where it may go. */
  whyKept(net, box) {
    const own = this.told.nets[net]
    return own.refusal || (box.of.map(({ name }) => own.kept[name]).find(Boolean) ?? "")
  }

  /** Switch the mode on or off. */
  turn(isOn) {
    this.isOn = isOn
    if (isOn) this.stage.act("last")
    this.stage.isBuilt = false
  }
}
