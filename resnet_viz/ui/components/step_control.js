// The step that the pictures show. What is told to the server begins with a user's own event
// (isTrusted); setting the range's value from here fires none, so that nothing can echo.

const controls = new WeakMap()
const PAUSE = 80 // ms between two messages of one drag
const PATIENCE = 1500 // ms; what has no answer by then is said again (Streamlit may drop it)
const LINK = 400 // ms of rest before the address gets the step

export default function ({ data, parentElement, setTriggerValue }) {
  const control = controls.get(parentElement) ?? mount(parentElement, data)
  control.tell = (wish) => setTriggerValue("wish", wish)
  const hear = (news) => obey(control, news)
  hear(newest(data.key, data, hear))
  return () => {
    deaf(data.key, hear)
    clearTimeout(control.timer)
    clearTimeout(control.linking)
    clearInterval(control.playing)
    controls.delete(parentElement)
  }
}

function obey(control, data) {
  control.data = data
  if (data.moves === control.moves) {
    clearTimeout(control.timer)
    control.step = data.step
    control.follows = data.follows
  } else if (control.follows) {
    control.step = data.newest
  }
  show(control)
}

function mount(parentElement, data) {
  const find = (selector) => parentElement.querySelector(selector)
  const control = { data, moves: data.moves, timer: 0, told: 0, playing: 0, linking: 0 }
  Object.assign(control, { range: find("input"), words: find(".words"), follow: find(".follow") })
  Object.assign(control, { play: find(".play"), speed: find(".speed") })
  control.keys = [...parentElement.querySelectorAll("[data-by]")]
  control.range.oninput = (event) => move(control, event, Number(control.range.value))
  for (const key of control.keys) {
    key.onclick = (event) => move(control, event, control.step + Number(key.dataset.by))
  }
  control.follow.onclick = (event) => move(control, event, null)
  control.play.onclick = (event) => play(control, event)
  control.speed.onchange = () => control.playing && begin(control)
  controls.set(parentElement, control)
  return control
}

// `step`: where to; null for the newest, now and later.
function move(control, event, step) {
  if (!event.isTrusted) return
  halt(control)
  go(control, step)
}

function go(control, step) {
  const { newest } = control.data
  control.follows = step === null
  control.step = step === null ? newest : Math.max(0, Math.min(newest, step))
  control.moves += 1
  show(control)
  clearTimeout(control.timer)
  control.timer = setTimeout(() => tell(control), control.told + PAUSE - performance.now())
}

function tell(control) {
  control.told = performance.now()
  control.tell({ step: control.follows ? null : control.step, move: control.moves })
  control.timer = setTimeout(() => tell(control), PATIENCE)
}

// Step after step from the one shown, from the first where that is the newest.
function play(control, event) {
  if (!event.isTrusted) return
  if (control.playing) return halt(control)
  if (control.step >= control.data.newest) go(control, 0)
  begin(control)
}

function begin(control) {
  clearInterval(control.playing)
  const from = control.step
  const since = performance.now()
  const speed = Number(control.speed.value)
  control.playing = setInterval(() => {
    const { moves, newest, over } = control.data
    if (moves !== control.moves) return // the pictures come first: steps are left out instead
    const due = from + Math.floor(((performance.now() - since) / 1000) * speed)
    if (control.step >= newest) {
      halt(control)
      if (!over) go(control, null)
    } else if (due > control.step) {
      go(control, due)
    }
  }, 40)
  show(control)
}

function halt(control) {
  clearInterval(control.playing)
  control.playing = 0
  show(control)
}

function show(control) {
  const { range, words, follow, keys, data, step, follows } = control
  range.max = Math.max(1, data.steps - 1)
  range.value = step
  words.textContent = `step ${step} of ${data.steps}`
  range.setAttribute("aria-valuetext", words.textContent)
  follow.disabled = follows
  control.play.textContent = control.playing ? "Halt" : "Play"
  control.play.disabled = data.newest < 1
  const [back, on] = keys
  back.disabled = step <= 0
  on.disabled = step >= data.newest
  clearTimeout(control.linking)
  control.linking = setTimeout(() => link(control), LINK)
}

// The address holds the step that is looked at, so that a copy of it shows the same.
function link({ step, follows, playing }) {
  if (playing) return
  const url = new URL(location.href)
  if (follows) url.searchParams.delete("step")
  else url.searchParams.set("step", step)
  if (url.href !== location.href) history.replaceState(history.state, "", url)
}
