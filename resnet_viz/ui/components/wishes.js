// The wishes of a component, numbered. Of two messages at once Streamlit keeps the last: each has all
// wishes whose numbers the server has not heard.
class Wishes {
  left = []

  /** What the server's script says, and how it is told. */
  hear(heard, send) {
    this.number = Math.max(this.number ?? heard, heard)
    this.left = this.left.filter(({ number }) => number > heard)
    this.send = send
  }

  tell(wish) {
    this.left.push({ ...wish, number: ++this.number })
    this.send([...this.left])
  }
}
