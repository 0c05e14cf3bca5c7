"""Step control: which step the charts of a race show; by default the newest.

It speaks to the server only when a hand moves it (a trusted event of the browser). Streamlit's own
slider also sends back values that the server gave it, late, and those cannot be told from a
user's; here there is no such message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from resnet_viz.ui.components.component import NEWEST_SCRIPT, component

_CONTROL = component(__file__, "step_control", NEWEST_SCRIPT)


@dataclass
class Pointer:
    """The step that a session shows: the newest one, until the user chooses another.

    `moves` counts what the user did, so that the browser knows when the answer to its last move
    is there.
    """

    follows: bool = True
    chosen: int = 0
    moves: int = 0

    def obey(self, wish: Mapping[str, Any]) -> None:
        """Handle an action of the user: "step" is the step moved to, None for the newest."""
        if wish["move"] <= self.moves:
            return
        self.moves, step = wish["move"], wish["step"]
        self.follows = step is None
        self.chosen = self.chosen if step is None else int(step)

    def look_at(self, step: int) -> None:
        """Show `step`, as a link asks for, until the user moves on."""
        self.follows, self.chosen = False, step

    def follow(self) -> None:
        """Show the newest step from now on."""
        self.follows = True

    def step(self, newest: int) -> int:
        """The step to show if `newest` is the newest."""
        return newest if self.follows else min(self.chosen, newest)


def pointer_of(race: str) -> Pointer:
    """The pointer of this session in a race (`key_of`)."""
    pointer: Pointer = st.session_state.setdefault(f"pointer_{race}", Pointer())
    return pointer


def step_control(race: str, data: Mapping[str, Any]) -> None:
    """Draw the control of a race from the result of `step_data`."""
    key, pointer = data["key"], pointer_of(race)
    _CONTROL(key=key, data=data, on_wish_change=lambda: pointer.obey(st.session_state[key].wish))


def step_data(race: str, steps: int, newest: int, *, is_over: bool = False) -> Mapping[str, Any]:
    """The data of the control over the `steps` steps of a race, for drawing or for an update.

    `race` tells races apart (`key_of`); `newest` is the newest step that was measured, -1 before
    there is one; `is_over`: there will be none newer.
    """
    pointer = pointer_of(race)
    return {
        "key": f"step_{race}",
        "step": pointer.step(max(0, newest)),
        "newest": max(0, newest),
        "steps": steps,
        "follows": pointer.follows,
        "moves": pointer.moves,
        "over": is_over,
    }
