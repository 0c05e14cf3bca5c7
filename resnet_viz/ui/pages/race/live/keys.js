// Keys of the projector's view. What is typed into a field is the field's own, and so is the space
// bar on a button.

const listeners = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  document.removeEventListener("keydown", listeners.get(parentElement))
  const listen = (event) => {
    if (!event.isTrusted || event.ctrlKey || event.metaKey || event.altKey) return
    const { tagName, type, isContentEditable } = event.composedPath()[0]
    const isTyping =
      isContentEditable ||
      ["TEXTAREA", "SELECT"].includes(tagName) ||
      (tagName === "INPUT" && type !== "range")
    if (isTyping || (event.key === " " && tagName === "BUTTON")) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (!data.keys.includes(key)) return
    event.preventDefault()
    if (!event.repeat) setTriggerValue("key", { key, at: performance.now() })
  }
  document.addEventListener("keydown", listen)
  listeners.set(parentElement, listen)
  return () => document.removeEventListener("keydown", listen)
}
