// The stage on a page of the app: mounted once, and told what is new by events of the server.

const LOST = 3 // connections without a word, after which it asks now and then instead
const ASK_MS = 1500

const mounted = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".stage-host")
  const before = mounted.get(host)
  if (before?.race === data.race) {
    before.tell = setTriggerValue
    before.steer(data.steers)
    return before.leave
  }
  before?.leave()
  const follower = follow(host, data)
  follower.tell = setTriggerValue
  mounted.set(host, follower)
  return follower.leave
}

function follow(host, { race, steers }) {
  const address = new URL(`stage_feed?race=${encodeURIComponent(race)}`, appRoot()).href
  let [stage, source, timer, lost, isGone] = [null, null, 0, 0, false]
  const follower = { race, leave, steer }
  const script = import(new URL("chart_scripts/VERSION/stage.js", appRoot()).href)
  script.then(({ style }) => styled(style)).catch((error) => {
    host.textContent = `The stage cannot be drawn (${error.message}). Reload the page.`
  })

  async function hear(text) {
    lost = 0
    const message = { ...JSON.parse(text), steers }
    const { mount } = await script
    if (isGone) return
    const onAction = (name) => follower.tell("wish", { name, at: performance.now() })
    if (!stage && message.nets) stage = mount(host, message, { onAction })
    else if (!stage?.update(message)) begin() // it lacks what came before
  }

  // A new connection begins with the whole race.
  function begin() {
    source?.close()
    source = new EventSource(address)
    source.onmessage = ({ data }) => hear(data)
    source.addEventListener("over", () => source.close())
    source.onerror = () => {
      lost += 1
      if (lost < LOST) return
      source.close()
      ask()
    }
  }

  async function ask() {
    clearTimeout(timer)
    const answer = await fetch(`${address}&once=1`).catch(() => null)
    if (answer?.ok) await hear(await answer.text())
    if (!isGone && !stage?.history.over) timer = setTimeout(ask, ASK_MS)
  }

  function steer(may) {
    steers = may
    stage?.update({ ...NOTHING(stage), steers })
  }

  function leave() {
    isGone = true
    source?.close()
    clearTimeout(timer)
    stage?.destroy()
    mounted.delete(host)
  }

  begin()
  return follower
}

// News without any record.
const NOTHING = ({ history }) => ({
  records: history.records.map(({ loss }) => ({ curves: { begin: loss.length, loss: "", accuracy: "" }, series: {} })),
  ends: history.ends,
  over: history.over,
})

function styled(style) {
  if (document.getElementById("resnet-viz-stage-style")) return
  const sheet = document.createElement("style")
  sheet.id = "resnet-viz-stage-style"
  sheet.textContent = style
  document.head.append(sheet)
}
