"""How a race stands: one sentence, and how far each net is, in its own colour."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from pathlib import Path

import streamlit as st

from resnet_viz.plots.colours import DARK
from resnet_viz.plots.race import Contestant
from resnet_viz.ui.race import words
from resnet_viz.ui.race.state import Seen, key_of

_HERE = Path(__file__).parent
_PROGRESS = st.components.v2.component(
    "resnet_viz_progress",
    html=(_HERE / "progress.html").read_text(encoding="utf-8"),
    css=(_HERE / "progress.css").read_text(encoding="utf-8"),
    js=(_HERE / "progress.js").read_text(encoding="utf-8"),
)


def progress(seen: Seen, contestants: Sequence[Contestant]) -> None:
    """Takes the same room from the start of a race to its end: nothing below it jumps."""
    data = seen.look.once("progress", lambda: _data(seen, contestants))
    _PROGRESS(key=f"progress_{key_of(seen.race_id)}", data=data)


def _data(seen: Seen, contestants: Sequence[Contestant]) -> dict[str, object]:
    nets = [
        {
            "name": run.name,
            "status": "gone" if seen.look.is_gone and not run.is_over else run.status,
            "detail": words.status_line(run, contestant.history),
            "share": min(1.0, len(contestant.history) / (run.steps or inf)),
            "colours": [contestant.colour, DARK[contestant.colour]],
        }
        for run, contestant in zip(seen.runs, contestants, strict=True)
    ]
    return {
        "headline": words.headline(seen.runs, contestants),
        "room": words.room(seen.runs),
        "over": seen.is_over,
        "nets": nets,
    }
