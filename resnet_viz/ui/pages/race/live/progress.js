// How far each net of a race is, in the net's own colour; updated in place.

const FAR = 0.01 // of the bar: what is less is not seen to move, and would cost the page some frames
const LONG = 80 // letters: more than two lines of a phone

export default function ({ data, parentElement }) {
  const more = parentElement.querySelector(".more")
  more.onclick = () => {
    const isOpen = more.parentElement.classList.toggle("open")
    more.setAttribute("aria-expanded", isOpen)
    write(more, isOpen ? "less" : "more")
  }
  const hear = (news) => showAll(news, parentElement)
  hear(newest(data.key, data, hear))
  return () => deaf(data.key, hear)
}

function showAll(data, parentElement) {
  const headline = parentElement.querySelector(".headline")
  write(headline.firstElementChild, data.headline)
  headline.dataset.room = data.room
  headline.classList.toggle("over", data.over)
  headline.toggleAttribute("data-long", data.headline.length > LONG)
  const nets = parentElement.querySelector(".nets")
  if (nets.children.length !== data.nets.length) {
    nets.replaceChildren(...data.nets.map(() => parentElement.querySelector("template").content.cloneNode(true)))
  }
  data.nets.forEach((net, index) => show(nets.children[index], net))
}

function show(element, net) {
  for (const part of ["name", "status", "detail"]) write(element.querySelector(`.${part}`), net[part])
  const own = `light-dark(${net.colours})`
  if (element.style.getPropertyValue("--own") !== own) element.style.setProperty("--own", own)
  const bar = element.querySelector(".bar")
  bar.setAttribute("aria-label", `Progress of ${net.name}`)
  bar.setAttribute("aria-valuenow", Math.round(100 * net.share))
  const done = bar.firstElementChild
  done.classList.toggle("far", Math.abs(net.share - (done.share ?? 0)) > FAR)
  done.share = net.share
  done.style.transform = `scaleX(${net.share})`
}

// What stands there already is not written again: the page would be laid out anew.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}
