// A recorded race on a stage that plays it for ever, and in words when and where it was recorded.

const mounted = new WeakMap()

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".recorded-host")
  if (mounted.has(host)) return mounted.get(host)
  let [stage, isGone] = [null, false]
  const leave = () => {
    isGone = true
    stage?.destroy()
    mounted.delete(host)
  }
  mounted.set(host, leave)
  draw().catch((error) => {
    host.textContent = `The recorded race cannot be shown (${error.message}). Reload the page.`
  })
  return leave

  async function draw() {
    const [{ mount }, race] = await Promise.all([stageScript(), fetched(data.address)])
    if (isGone) return
    // Who asks for less motion is shown the beginning, and may play it.
    const plays = !matchMedia("(prefers-reduced-motion: reduce)").matches
    stage = mount(host, race, { plays, loops: true, keys: false })
    parentElement.querySelector(".recorded").textContent = race.recorded
  }
}

async function fetched(address) {
  const answer = await fetch(new URL(address, appRoot()))
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`)
  return answer.json()
}
