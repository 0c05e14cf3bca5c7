// How far each net of a race is, in the net's own colour; updated in place.

export default function ({ data, parentElement }) {
  const hear = (news) => showAll(news, parentElement)
  hear(newest(data.key, data, hear))
  return () => deaf(data.key, hear)
}

function showAll(data, parentElement) {
  const headline = parentElement.querySelector(".headline")
  headline.firstElementChild.textContent = data.headline
  headline.dataset.room = data.room
  headline.classList.toggle("over", data.over)
  const nets = parentElement.querySelector(".nets")
  if (nets.children.length !== data.nets.length) {
    nets.replaceChildren(...data.nets.map(() => parentElement.querySelector("template").content.cloneNode(true)))
  }
  data.nets.forEach((net, index) => show(nets.children[index], net))
}

function show(element, net) {
  for (const part of ["name", "status", "detail"]) element.querySelector(`.${part}`).textContent = net[part]
  element.style.setProperty("--own", `light-dark(${net.colours})`)
  const bar = element.querySelector(".bar")
  bar.setAttribute("aria-label", `Progress of ${net.name}`)
  bar.setAttribute("aria-valuenow", Math.round(100 * net.share))
  bar.firstElementChild.style.width = `${100 * net.share}%`
}
