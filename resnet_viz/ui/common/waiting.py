"""Work that takes seconds, with the seconds on the page and its end kept for the session."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from resnet_viz.ui.common import say

Tick = Callable[[], None]


def outcome(words: str, work: Callable[[Tick], Any]) -> dict[str, Any]:
    """{"done": what `work` returns}, or {"problem": its RuntimeError's sentence}.

    `work` is given a function to call a few times a second; the page then says `words` and how
    long it has been.
    """
    began, line = time.monotonic(), st.empty()

    def tick() -> None:
        with line:
            say.info(f"{words}, {time.monotonic() - began:.0f} s so far...")

    tick()
    try:
        return {"done": work(tick)}
    except RuntimeError as error:
        return {"problem": str(error)}
    finally:
        line.empty()
