// A page in a frame takes the theme of the page around it, told by the colour of the text there: a
// notebook may be dark where the system is light.
{
  const follow = () => {
    const frame = window.frameElement
    if (!frame) return
    const [r, g, b] = (getComputedStyle(frame).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number)
    document.documentElement.style.colorScheme = 0.3 * r + 0.59 * g + 0.11 * b > 128 ? "dark" : "light"
  }
  try {
    follow()
    const page = parent.document
    const watch = new MutationObserver(() => setTimeout(follow, 50))
    for (const one of [page.documentElement, page.body]) watch.observe(one, { attributes: true })
  } catch {
    // The page around is another's: the system's theme holds.
  }
}
