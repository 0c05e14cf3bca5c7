"""Images by name: each file in `sources` is a data set; `registry` finds them, without torch."""
