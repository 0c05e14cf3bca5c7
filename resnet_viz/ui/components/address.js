// What a page shows, in the address of a visit that came without it: no entry of the browser's
// history, so that Back leads to the page before at once.

export default function ({ data }) {
  const { page, query } = data
  const url = new URL(location.href)
  if (!url.pathname.endsWith(`/${page}`) || Object.keys(query).some((name) => url.searchParams.has(name))) return
  for (const [name, text] of Object.entries(query)) url.searchParams.set(name, text)
  history.replaceState(history.state, "", url)
}
