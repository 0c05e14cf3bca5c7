"""How a race stands: one sentence, and how far each net is, in its own colour."""

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
from resnet_viz.ui.pages.race.state import Seen, key_of

_HERE = Path(__file__).parent
_PROGRESS = st.components.v2.component(
    "resnet_viz_progress",
    html=(_HERE / "progress.html").read_text(encoding="utf-8"),
    css=(_HERE / "progress.css").read_text(encoding="utf-8"),
    js=NEWEST_SCRIPT + (_HERE / "progress.js").read_text(encoding="utf-8"),
)


def progress(seen: Seen, contestants: Sequence[Contestant]) -> None:
    """Takes the same room from the start of a race to its end: nothing below it jumps."""
    data = progress_data(seen, contestants)
    _PROGRESS(key=data["key"], data=data)


def progress_data(seen: Seen, contestants: Sequence[Contestant]) -> Mapping[str, Any]:
    """What it is drawn with, or told as news, under its key."""
    return seen.look.once("progress", lambda: _data(seen, contestants))


def _data(seen: Seen, contestants: Sequence[Contestant]) -> dict[str, object]:
    groups: dict[tuple[str, int], list[tuple[Run, Contestant]]] = {}
    for run, contestant in zip(seen.runs, contestants, strict=True):
        groups.setdefault((run.race_id or run.id, run.contestant), []).append((run, contestant))
    nets = [
        {
            "name": own[0][0].name,
            "status": "gone" if seen.look.is_gone and not over else status,
            "detail": words.seeds_line([(run, net.history) for run, net in own]),
            "share": sum(_share(run, net) for run, net in own) / len(own),
            "colours": [own[0][1].colour, DARK[own[0][1].colour]],
        }
        for own in groups.values()
        for over in (all(run.is_over for run, _ in own),)
        for status in (words.status_of([run for run, _ in own]),)
    ]
    return {
        "key": f"progress_{key_of(seen.race_id)}",
        "headline": words.headline(seen.runs, contestants),
        "room": words.room(seen.runs),
        "over": seen.is_over,
        "nets": nets,
    }


def _share(run: Run, net: Contestant) -> float:
    return min(1.0, len(net.history) / (run.steps or inf))
