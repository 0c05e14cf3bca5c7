"""Progress of a race: one sentence, and a bar for each net in its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.findings.colours import DARK
from resnet_viz.findings.contestant import Contestant
from resnet_viz.store.run import Run
from resnet_viz.ui.components.component_update import NEWEST_SCRIPT
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.state import RaceView, key_of

_HERE = Path(__file__).parent
_PROGRESS = st.components.v2.component(
    "resnet_viz_progress",
    html=(_HERE / "progress.html").read_text(encoding="utf-8"),
    css=(_HERE / "progress.css").read_text(encoding="utf-8"),
    js=NEWEST_SCRIPT + (_HERE / "progress.js").read_text(encoding="utf-8"),
)


def progress(view: RaceView, contestants: Sequence[Contestant]) -> None:
    """Draw the progress; it takes the same room from start to end, so that nothing below it
    jumps."""
    data = progress_data(view, contestants)
    _PROGRESS(key=data["key"], data=data)


def progress_data(view: RaceView, contestants: Sequence[Contestant]) -> Mapping[str, Any]:
    """The data of the progress, for drawing or for an update, under its key."""
    return view.look.once("progress", lambda: _data(view, contestants))


def _data(view: RaceView, contestants: Sequence[Contestant]) -> dict[str, object]:
    groups: dict[tuple[str, int], list[tuple[Run, Contestant]]] = {}
    for run, contestant in zip(view.runs, contestants, strict=True):
        groups.setdefault((run.race_id or run.id, run.contestant), []).append((run, contestant))
    nets = [
        {
            "name": own[0][0].name,
            "status": "gone" if view.look.is_gone and not over else status,
            "detail": words.seeds_line([(run, net.history) for run, net in own]),
            "share": sum(_share(run, net) for run, net in own) / len(own),
            "colours": [own[0][1].colour, DARK[own[0][1].colour]],
        }
        for own in groups.values()
        for over in (all(run.is_over for run, _ in own),)
        for status in (words.status_of([run for run, _ in own]),)
    ]
    return {
        "key": f"progress_{key_of(view.race_id)}",
        "headline": words.headline(view.runs, contestants),
        "room": words.room(view.runs),
        "over": view.is_over,
        "nets": nets,
    }


def _share(run: Run, net: Contestant) -> float:
    return min(1.0, len(net.history) / (run.steps or inf))
