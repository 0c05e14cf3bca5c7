"""The titles above heat maps: as wide as a map, and all of a name that is not absurdly long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from resnet_viz.plots.race import heat_maps
from tests.plots.made import contestant

LONG = "resnet56-cifar, gate on the shortcut <&>, 3 seeds"
LETTERS = 32
"""Of 7 pixels, which bold ones have on average: a map of 213 pixels, as it is in a window of 700,
and all that is left of the bar in one of 390, has room for 30."""
LINE = 18


def titles(annotations: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The lines above each map, as they are read."""
    above = [note["text"] for note in annotations if "<b>" in note["text"]]
    return [[unescape(re.sub("</?b>", "", line)) for line in text.split("<br>")] for text in above]


def wide(figure: go.Figure) -> list[list[str]]:
    return titles([note.to_plotly_json() for note in figure.layout.annotations])


def maps(*names: str) -> go.Figure:
    def norm(step: int, column: int) -> float:
        return 0.0 if column else np.inf

    return heat_maps([contestant("resnet20-cifar", 90, name=name, norm=norm) for name in names])


def test_long_titles_are_broken_where_maps_lie_beside_or_below_each_other() -> None:
    figure = maps(LONG, "plain20-cifar")
    for found in (wide(figure), titles(figure.layout.meta["narrow"]["annotations"])):
        long, short = found
        assert max(map(len, long)) <= LETTERS
        assert " ".join(long).startswith(LONG)
        assert short[0] == "plain20-cifar"
        assert " ".join(short[1:]) == "not shown: 90 not finite, 1,710 exactly 0"


def test_one_map_alone_has_its_title_in_a_line_where_there_is_room() -> None:
    figure = maps(LONG)
    assert wide(figure)[0][0] == LONG
    (narrow,) = titles(figure.layout.meta["narrow"]["annotations"])
    assert max(map(len, narrow)) <= LETTERS


def test_a_name_of_many_lines_is_cut_and_the_room_above_is_for_all_that_is_said() -> None:
    figure = maps("word " * 50, "plain20-cifar")
    (first, second, *rest), _ = wide(figure)
    assert second.endswith("…")
    assert not first.endswith("…")
    assert len(rest) == 2
    for layout in (figure.layout.to_plotly_json(), figure.layout.meta["narrow"]):
        assert layout["margin"]["t"] >= 4 + 4 * LINE
    waits = heat_maps(
        [contestant("resnet20-cifar", 0, name="word " * 50), contestant("plain20-cifar", 0)]
    )
    assert waits.layout.margin.t == figure.layout.margin.t, "maps do not jump"
