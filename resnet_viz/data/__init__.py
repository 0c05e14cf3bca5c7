"""Images by name: each file in `datasets` is a data set; `registry` finds them, without torch."""
