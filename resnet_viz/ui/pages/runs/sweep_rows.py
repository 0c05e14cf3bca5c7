"""Rows of sweeps in the table of races: each sweep is one row, which leads to its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from resnet_viz.lab.sweeps import SweepSummary
from resnet_viz.text import count
from resnet_viz.ui.pages.runs.groups import clock


def link_of(sweep: SweepSummary) -> dict[str, str]:
    """What the Sweeps page's address holds to show it."""
    return {"sweep": sweep.id}


def matching(sweeps: Sequence[SweepSummary], text: str) -> Sequence[SweepSummary]:
    """The sweeps with each word of `text` in their name or id."""
    words = text.casefold().split()
    return [
        sweep
        for sweep in sweeps
        if all(word in f"{sweep.name} {sweep.id}".casefold() for word in words)
    ]


def row_of(sweep: SweepSummary) -> Mapping[str, object]:
    """A sweep's row for the table, as the browser gets it. It cannot be ticked."""
    return {
        "id": sweep.id,
        "href": f"sweeps?{urlencode(link_of(sweep))}",
        "title": sweep.name,
        "nets": f"sweep of {count(sweep.runs, 'run')}",
        "note": "",
        "chips": [],
        "lines": [],
        "losses": "no losses: the sweep's page has them",
        "shares": [],
        "outcome": sweep.status,
        "tone": {"running": "live", "finished": "well"}.get(sweep.status, "off"),
        "why": "",
        "progress": f"{sweep.over:,} of {sweep.runs:,} runs",
        "duration": "",
        "date": clock(sweep.created),
        "stops": False,
        "isFixed": True,
    }
