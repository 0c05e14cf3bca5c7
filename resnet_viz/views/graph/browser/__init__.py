"""The graph in a browser: scripts that draw it in any page, and a page of its own."""
