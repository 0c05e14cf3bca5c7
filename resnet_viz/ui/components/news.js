// Hands what is new to the components that it is for, by their keys: they are on the page already.

export default function ({ data }) {
  for (const [key, news] of Object.entries(JSON.parse(data.news))) {
    const kept = window.resnetVizNews?.get(key)
    if (!kept) continue
    kept.news = news
    kept.show?.(news)
  }
  window.resnetVizNewsAt = data.at
}
