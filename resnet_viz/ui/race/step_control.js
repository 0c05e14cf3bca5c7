// The step that the pictures show. What is told to the server begins with a user's own event
// (isTrusted); setting the range's value from here fires none, so that nothing can echo.

const controls = new WeakMap()
const PAUSE = 80 // ms between two messages of one drag
const PATIENCE = 1500 // ms; what has no answer by then is said again (Streamlit may drop it)

export default function ({ data, parentElement, setTriggerValue }) {
  const control = controls.get(parentElement) ?? mount(parentElement, data)
  control.data = data
  control.tell = (wish) => setTriggerValue("wish", wish)
  if (data.moves === control.moves) {
    clearTimeout(control.timer)
    control.step = data.step
    control.follows = data.follows
  } else if (control.follows) {
    control.step = data.newest
  }
  show(control)
  return () => {
    clearTimeout(control.timer)
    controls.delete(parentElement)
  }
}

function mount(parentElement, data) {
  const find = (selector) => parentElement.querySelector(selector)
  const control = { data, moves: data.moves, timer: 0, told: 0 }
  Object.assign(control, { range: find("input"), words: find(".words"), follow: find(".follow") })
  control.keys = [...parentElement.querySelectorAll("[data-by]")]
  control.range.oninput = (event) => move(control, event, Number(control.range.value))
  for (const key of control.keys) {
    key.onclick = (event) => move(control, event, control.step + Number(key.dataset.by))
  }
  control.follow.onclick = (event) => move(control, event, null)
  controls.set(parentElement, control)
  return control
}

// `step`: where to; null for the newest, now and later.
function move(control, event, step) {
  if (!event.isTrusted) return
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

function show(control) {
  const { range, words, follow, keys, data, step, follows } = control
  range.max = Math.max(1, data.steps - 1)
  range.value = step
  words.textContent = `step ${step} of ${data.steps}`
  range.setAttribute("aria-valuetext", words.textContent)
  follow.disabled = follows
  const [back, on] = keys
  back.disabled = step <= 0
  on.disabled = step >= data.newest
}
