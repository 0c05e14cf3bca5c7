"""Stage view: the stage of a race on a page of the app, and the step that a session looks at.

The component is drawn once. What is new of a race comes to it by the server's stage feed, and no
script runs for whoever watches. It speaks to the server only when a hand does something, when the
race is over, and now and then while charts below it are in view.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.ui.components.charts import chart_scripts
from resnet_viz.ui.components.component import APP_ROOT_SCRIPT, component

_HERE = Path(__file__).parent
_KEY, _ANSWER = "race_stage", "race_stage_answer"
_VIEW = st.components.v2.component(
    "resnet_viz_stage",
    html='<div class="stage-host"></div>\n',
    css=(_HERE / "stage_view.css").read_text(encoding="utf-8"),
    js=APP_ROOT_SCRIPT
    + (_HERE / "stage_view.js")
    .read_text(encoding="utf-8")
    .replace("VERSION", chart_scripts.version()),
    isolate_styles=False,
)


_WAKE = component(__file__, "wake")


@dataclass
class Pointer:
    """The step that a session shows: the newest one, until the user chooses another.

    `moves` counts its changes, so that browser and server know which of them has the newer one.
    `at_first` is where it stands in a link that names no step: None for the newest.
    """

    follows: bool = True
    chosen: int = 0
    moves: int = 0
    at_first: int | None = None

    def obey(self, step: int | None, move: int) -> None:
        """Show the step that a user moved to, None for the newest; `move` is the count then."""
        if move > self.moves:
            self.moves, self.follows = move, step is None
            self.chosen = self.chosen if step is None else step

    def look_at(self, step: int) -> None:
        """Show `step`, as a link asks for, until the user moves on."""
        self.obey(step, self.moves + 1)

    def follow(self) -> None:
        """Show the newest step from now on."""
        self.obey(None, self.moves + 1)

    def step(self, newest: int) -> int:
        """The step to show if `newest` is the newest."""
        return newest if self.follows else min(self.chosen, newest)


def pointer_of(race: str) -> Pointer:
    """The pointer of this session in a race (`key_of`)."""
    pointer: Pointer = st.session_state.setdefault(f"pointer_{race}", Pointer())
    return pointer


def stage_view(
    race_id: str,
    pointer: Pointer,
    quantity: str,
    *,
    steers: bool,
    is_alone: bool,
    run: str,
    on_wish: Callable[[Mapping[str, Any]], None],
    removal: Mapping[str, Any] | None = None,
    has_reasons: bool = True,
    language: str = "",
) -> None:
    """Draw the stage of a race at the step of `pointer`, for a quantity that it has.

    `on_wish` is called with each wish of the user (a "name" and mostly a "value") before the run
    that follows: "pause", "resume", "train_one" and "pace" of who `steers`, "present", "quantity",
    "news" for what stands below, "remove" with the blocks that are to be out of each net, and
    "removal_news" for the errors without them. `removal` says which blocks may go and which are
    out; without it none may. `has_reasons`: below it stands why the race went as it did;
    `is_alone`: nothing does. `language` is that of its words. `run` is another in each run of the
    whole script: the browser then learns anew where to send wishes.
    """

    def hear() -> None:
        before = last_asked()  # the browser says a wish again until it is answered
        for wish in st.session_state[_KEY].wishes or ():
            if wish["at"] <= before:
                continue
            st.session_state[_ANSWER] = wish["at"]
            if wish["name"] == "step":
                pointer.obey(wish["value"], wish["move"])
            on_wish(wish)

    step = None if pointer.follows else pointer.chosen
    data: dict[str, object] = {"race": race_id, "steers": steers, "alone": is_alone}
    data |= {"quantity": quantity, "reasons": has_reasons, "language": language}
    where = {"step": step, "moves": pointer.moves, "answer": last_asked(), "run": run}
    _VIEW(key=_KEY, data=data | where | {"removal": removal}, on_wishes_change=hear)


def last_asked() -> float:
    """The moment of the browser's clock (ms) at which the last wish came; 0 before there is one."""
    return float(st.session_state.get(_ANSWER, 0))


def wake() -> None:
    """Draw what runs the whole script where the server does not know the stage's part of it: it
    was restarted. Not within a fragment."""
    with st.container(key="race_wake"):
        _WAKE(key="wake", on_wake_change=lambda: None)


def stage_before(message: Mapping[str, Any]) -> None:
    """Draw the stage of a race that has not begun, from its whole message: the browser keeps it
    as the race begins."""
    data = {"race": "", "message": json.dumps(message), "steers": False, "alone": False}
    data |= {"reasons": True}
    where = {"step": None, "moves": 0, "answer": 0}
    _VIEW(key=_KEY, data=data | where, on_wishes_change=lambda: None)
