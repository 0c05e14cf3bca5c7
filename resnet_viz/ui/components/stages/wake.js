// Asks for a run of the whole script: a server that was restarted knows no part of the page yet.

const listeners = new WeakMap()

export default function ({ parentElement, setTriggerValue }) {
  document.removeEventListener("resnet-viz-wake", listeners.get(parentElement))
  const listen = () => setTriggerValue("wake", performance.now())
  document.addEventListener("resnet-viz-wake", listen)
  listeners.set(parentElement, listen)
  return () => document.removeEventListener("resnet-viz-wake", listen)
}
