// What a page shows, in the address of a visit that came without it, or with something wrong: no entry
// of the browser's history, so that Back leads to the page before at once.

export default function ({ data }) {
  const { page, query } = data
  const url = new URL(location.href)
  if (!url.pathname.endsWith(`/${page}`)) return
  url.search = new URLSearchParams(query)
  history.replaceState(history.state, "", url)
}
