"""The slider over a race's steps: it follows the newest one until it is moved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import streamlit as st

ECHO_SECONDS = 3.0


@dataclass
class Pointer:
    """The step a session looks at.

    While the slider follows, every update moves it, and the browser may answer late with a value
    that it was sent before: such an echo is not the user's doing.
    """

    follows: bool = True
    chosen: int = 0
    sent: dict[int, float] = field(default_factory=dict)

    def move_to(self, newest: int, now: float) -> int:
        """The slider's value for this update."""
        if not self.follows:
            return self.chosen
        self.sent = {step: t for step, t in self.sent.items() if now - t < ECHO_SECONDS}
        self.sent[newest] = now
        return newest

    def receive(self, value: int, now: float) -> None:
        """Takes a value that came from the browser."""
        if now - self.sent.get(value, -ECHO_SECONDS) >= ECHO_SECONDS:
            self.follows, self.chosen = False, value

    def follow(self, now: float) -> None:
        """Follows the newest step again; the browser may still send the step it leaves."""
        self.follows = True
        self.sent[self.chosen] = now


def step_slider(race_id: str, steps: int, newest: int) -> int:
    """Draws the heading with the slider over 0 to `steps` - 1; returns the step to show.

    `newest` is the newest step that was measured, -1 before there is one.
    """
    key = f"step_{race_id}"
    pointer: Pointer = st.session_state.setdefault(f"pointer_{race_id}", Pointer())
    title, slider, button = st.columns([8, 8, 5], vertical_alignment="center")
    title.subheader("Gradient norm by layer")
    with button:
        _follow_button(pointer)
    st.session_state[key] = pointer.move_to(max(0, newest), time.monotonic())
    with slider:
        chosen = st.slider(
            "Step shown",
            0,
            max(1, steps - 1),
            format="step %d",
            key=key,
            on_change=_moved,
            args=(pointer, key),
            label_visibility="collapsed",
        )
    return int(chosen)


def _follow_button(pointer: Pointer) -> None:
    st.button(
        "Follow newest",
        key="race_follow",
        help="Show the newest step, and go on doing so.",
        disabled=pointer.follows,
        on_click=lambda: pointer.follow(time.monotonic()),
        width="stretch",
    )


def _moved(pointer: Pointer, key: str) -> None:
    pointer.receive(st.session_state[key], time.monotonic())
