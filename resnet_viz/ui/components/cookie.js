// Has the server put the key of a race into this browser's cookie, which scripts cannot read: a
// reload is a new session, and steers on. Relative to the page: a proxy may have put a path before.
export default function ({ data }) {
  fetch("./keep_controls", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(data),
  }).catch(() => {}) // the next visit to the race asks again
}
