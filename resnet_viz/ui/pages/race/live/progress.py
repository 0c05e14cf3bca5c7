"""Progress of a race: one sentence, and a bar for each net in its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from resnet_viz.findings.colours import DARK
from resnet_viz.findings.contestant import Contestant
from resnet_viz.store.run import Run
from resnet_viz.ui.components.component import NEWEST_SCRIPT, component
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.state import RaceView, key_of

_PROGRESS = component(__file__, "progress", NEWEST_SCRIPT)


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
    return {
        "key": f"progress_{key_of(view.race_id)}",
        "headline": words.headline(view.runs, contestants),
        "room": words.room(view.runs),
        "over": view.is_over,
        "nets": [_net(own, is_gone=view.look.is_gone) for own in groups.values()],
    }


def _net(own: Sequence[tuple[Run, Contestant]], *, is_gone: bool) -> dict[str, object]:
    """A net's bar, from its runs."""
    runs, colour = [run for run, _ in own], own[0][1].colour
    is_cut_off = is_gone and not all(run.is_over for run in runs)
    shares = [min(1.0, len(net.history) / (run.steps or inf)) for run, net in own]
    return {
        "name": runs[0].name,
        "status": "gone" if is_cut_off else words.status_of(runs),
        "detail": words.seeds_line([(run, net.history) for run, net in own]),
        "share": sum(shares) / len(shares),
        "colours": [colour, DARK[colour]],
    }
