// What a component was given when it was drawn, or by the news since (news.js): the newest of both.
// Streamlit calls a component with the former again where the theme changes.
function newest(key, data, show) {
  const all = (window.resnetVizNews ??= new Map())
  const given = JSON.stringify(data)
  const kept = all.get(key)
  const news = kept?.given === given ? kept.news : undefined
  all.delete(key)
  all.set(key, { given, news, show })
  if (all.size > 40) all.delete(all.keys().next().value)
  return news ?? data
}

// To be called when the component is taken off the page.
function deaf(key, show) {
  const kept = window.resnetVizNews?.get(key)
  if (kept?.show === show) kept.show = null
}
