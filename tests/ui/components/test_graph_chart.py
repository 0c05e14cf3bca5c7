"""The graph on a page: who is told of a click."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from resnet_viz.arch.presets import preset
from resnet_viz.ui.components.graphs import graph_chart


def test_a_click_in_the_picture_of_another_run_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser may send it before it has drawn the race that the server shows by now."""
    drawn: list[dict[str, Any]] = []
    state: dict[str, object] = {}
    monkeypatch.setattr(graph_chart, "_CHART", lambda **named: drawn.append(named))
    monkeypatch.setattr(graph_chart.st, "session_state", state)
    told: list[str] = []
    cut = graph_chart.Cut("", told.append, of="run of now")
    graph_chart.graph_chart(preset("resnet20-cifar"), "net", "a net", fold=False, cut=cut)
    assert drawn[0]["data"]["of"] == "run of now"
    wishes = [
        {"name": "cut", "block": f"block of {of}", "of": of, "number": number}
        for number, of in enumerate(("run before", "", "run of now"), start=1)
    ]
    for left in (wishes[:2], wishes, wishes, None):  # each message has what has no answer yet
        state["net_chart"] = SimpleNamespace(wishes=left)
        drawn[0]["on_wishes_change"]()
    assert told == ["block of run of now"]
