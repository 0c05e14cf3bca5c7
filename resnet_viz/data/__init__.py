"""Data sets by name: each file in `datasets` is one; `registry` finds them, without torch."""
