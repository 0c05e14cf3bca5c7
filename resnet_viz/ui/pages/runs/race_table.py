"""Table of races: rows to tick, open and stop, sorted by a press on a column's head.

Streamlit's own table draws on a canvas: a screen reader does not hear its pictures, a selection is
of places and not of races, so it moves when a race begins, and a race is no link. This is an HTML
table, with the browser's own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from resnet_viz.ui.components.component import WISHES_SCRIPT, component, heard, new_wishes

_TABLE = component(__file__, "race_table", WISHES_SCRIPT)
_KEY = "runs_table"
_TICKED, _SORT = "runs_ticked", "runs_sort"
COLUMNS: Mapping[str, str] = {
    "title": "Race",
    "losses": "Loss",
    "chips": "Settings",
    "accuracy": "Accuracy",
    "outcome": "Outcome",
    "duration": "Duration",
    "date": "Started",
}
NOT_SORTED = ("losses", "chips")
NEWEST_FIRST = ("date", True)


def ticked() -> Collection[str]:
    """The ids of the races that are ticked, on this page of the table or another."""
    ids: Collection[str] = st.session_state.get(_TICKED, ())
    return ids


def tick(ids: Collection[str]) -> None:
    """Tick these races and no others."""
    st.session_state[_TICKED] = tuple(ids)


def order() -> tuple[str, bool]:
    """The column that the table is sorted by, and whether it falls."""
    by: tuple[str, bool] = st.session_state.get(_SORT, NEWEST_FIRST)
    return by


def sort_by(column: str, falls: bool) -> None:
    """Sort the table by a column, from the largest on or from the smallest."""
    st.session_state[_SORT] = column, falls


def race_table(rows: Sequence[Mapping[str, object]], on_press: Callable[[str, str], None]) -> None:
    """Draw the table; `on_press` is called with "open" or "stop" and a race's id, before the run
    of the script that follows the press."""
    shown = [str(row["id"]) for row in rows]

    def obey(wish: Mapping[str, Any]) -> None:
        if wish["kind"] == "tick":
            beside = [own for own in ticked() if own not in shown]
            tick([*beside, *(own for own in wish["ids"] if own in shown)])
        elif wish["kind"] == "sort" and wish["by"] in COLUMNS:
            by, falls = order()
            falling = not falls if by == wish["by"] else wish["by"] != "title"
            sort_by(wish["by"], falling)
        elif wish["kind"] in ("open", "stop") and wish["id"] in shown:
            on_press(wish["kind"], wish["id"])

    def hear() -> None:
        for wish in new_wishes(_KEY):
            obey(wish)

    by, falls = order()
    heads = [
        {"name": name, "title": title, "sorts": name not in NOT_SORTED}
        for name, title in COLUMNS.items()
    ]
    data = {
        "heads": heads,
        "by": by,
        "falls": falls,
        "rows": [dict(row) for row in rows],
        "ticked": [own for own in shown if own in set(ticked())],
        "heard": heard(_KEY),
    }
    _TABLE(key=_KEY, data=data, on_wishes_change=hear, height="content")
