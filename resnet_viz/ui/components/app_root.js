// The app's root, whatever base path or proxy it is behind: where Streamlit's own script lies.
function appRoot() {
  const own = [...document.scripts].map((s) => s.src).find((src) => src.includes("/static/js/"))
  return own ? own.slice(0, own.lastIndexOf("static/js/")) : document.baseURI
}

