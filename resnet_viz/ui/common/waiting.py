"""Work that takes seconds, with the seconds on the page and its end kept for the session."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from resnet_viz.ui.common import say
from resnet_viz.ui.common.places import Places

Tick = Callable[[], None]

AT_ONCE = 2
"""Works of all visitors together; more would only take memory and time from each other."""
_PLACES = Places(AT_ONCE)


def outcome(words: str, work: Callable[[Tick], Any]) -> dict[str, Any]:
    """{"done": what `work` returns}, or {"problem": its RuntimeError's sentence}.

    `work` is given a function to call a few times a second; the page then says `words` and how
    long it has been. It begins when there is a place for it among the works of all visitors;
    until then the page says how many go before.
    """
    line, shown = st.empty(), ""

    def put(text: str) -> None:
        # Streamlit stops a script that its visitor has left when it next writes.
        nonlocal shown
        if text != shown:
            with line:
                say.info(text)
            shown = text

    def wait(others: int) -> None:
        put(
            f"Waiting for {others} other{'s' if others > 1 else ''} on this server, "
            f"{time.monotonic() - asked:.0f} s so far..."
        )

    def tick() -> None:
        put(f"{words}, {time.monotonic() - began:.0f} s so far...")

    asked = time.monotonic()
    try:
        with _PLACES.one(wait):
            began = time.monotonic()
            tick()
            return {"done": work(tick)}
    except RuntimeError as error:
        return {"problem": str(error)}
    finally:
        line.empty()
