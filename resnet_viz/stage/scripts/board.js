// Scoreboard: a card per net with its accuracy, its loss and how far it has come; one sentence.

import { filled } from "./history.js"

/** A new element with a class and a text. */
export const element = (name, className, text = "") => {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

export class Board {
  constructor(root) {
    this.root = root
    this.cards = []
    this.notes = []
    this.effects = [] // of each net what its blocks' removal changed, instead of its accuracy
  }

  /** A card for each net; called again where the nets are others. */
  build(history, look) {
    this.root.replaceChildren()
    this.cards = history.nets.map((net, number) => {
      const card = element("div", "card")
      card.style.setProperty("--net", look.colours[number])
      const parts = {
        name: element("div", "name", net.name),
        figure: element("div", "figure"),
        end: element("div", "end"),
        about: element("div", "about"),
        loss: element("div", "loss"),
        note: element("div", "note"),
        bar: element("div", "bar"),
        fill: element("div", "fill"),
      }
      parts.bar.append(parts.fill)
      card.append(...["name", "figure", "end", "about", "loss", "note", "bar"].map((part) => parts[part]))
      this.root.append(card)
      return { card, ...parts }
    })
  }

  /** Each card beside its net's strip, where rows are too many for cards above them. */
  place(rows, isBeside) {
    this.cards.forEach(({ card }, number) => {
      const { top, waterfall } = rows[number]
      const height = waterfall.top + waterfall.height - top
      card.style.top = isBeside ? `${top}px` : ""
      card.style.height = isBeside ? `${height}px` : ""
    })
  }

  /** Say of a net what is of an earlier step. */
  note(number, text) {
    const brief = this.effects[number]?.brief
    set(this.cards[number].note, brief || [this.notes[number], text].filter(Boolean).join("; "))
  }

  /** Each net as it is at a step. */
  show(history, step) {
    history.nets.forEach((net, number) => {
      const { figure, end, about, loss, fill, card } = this.cards[number]
      const now = standing(history, number, step)
      const isNewest = step >= Math.min(now.done, history.newest)
      const effect = this.effects[number]
      set(figure, effect?.figure || now.figure)
      set(about, (effect && `${effect.said} ${effect.of}`.trim()) || (isNewest && this.notes[number]) || now.about)
      set(loss, effect ? "" : now.loss)
      set(end, effect || isNewest ? "" : now.end)
      card.classList.toggle("measures", Boolean(effect?.measures))
      const done = history.isOpen ? 0 : Math.min(step, now.done)
      fill.style.transform = `scaleX(${Math.min(1, done / Math.max(1, history.steps))})`
      card.classList.toggle("diverged", now.diverged)
    })
  }
}

/** Write a text where it is another. */
export function set(part, text) {
  if (part.textContent !== text) part.textContent = text
}

const rounded = (value) => Number(value.toPrecision(value < 1 ? 2 : 3)).toString()

function standing(history, number, step) {
  const { words, ends } = history
  const net = history.nets[number]
  const done = history.done(number)
  if (!done) return { figure: "–", about: "", loss: "", end: "", done, diverged: false }
  const last = ends[number]
  const end = step >= done ? last : null
  const accuracy = end?.accuracy ?? history.recent(number, "accuracy", step).mean
  const loss = end?.loss ?? history.recent(number, "loss", step).mean
  const isBad = !Number.isFinite(loss)
  const endsBad = !Number.isFinite(last?.loss ?? history.recent(number, "loss", done).mean)
  const ending = endsBad ? (isBad ? "" : words.diverged) : filled(words.ends_at, { accuracy: Math.round(100 * last?.accuracy) })
  return {
    figure: Number.isFinite(accuracy) ? `${Math.round(100 * accuracy)} %` : "–",
    about: !Number.isFinite(accuracy) ? "" : end ? aboutEnd(words, end) : aboutBatches(words, net, history.recent(number, "loss", step).count),
    loss: isBad ? words.diverged : filled(words.loss_value, { loss: rounded(loss) }),
    // Of a race that is over, so that its first steps are not taken for what came of it.
    end: Number.isFinite(last?.accuracy) && history.over && !end ? ending : "",
    done,
    diverged: isBad,
  }
}

function aboutEnd(words, end) {
  const images = end.images?.toLocaleString("en-GB")
  return filled(end.held_out ? words.held_out : words.training_images, { images })
}

function aboutBatches(words, { batch }, count) {
  if (!batch) return words.last_batches
  return filled(words.last_images, { images: (batch * count).toLocaleString("en-GB") })
}
