"""The values that the graphs of a race are drawn with."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.findings.contestant import GRADIENT, contestants_in
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.scheduler import launcher_client
from resnet_viz.ui.pages.race.live.graphs import graph_data
from tests.labs import tiny_spec


def test_a_race_begins_with_other_data_than_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By them the browser knows what news are of: it took the last of one race for the next's."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    lab = Lab(tmp_path)
    looks = [Feed(lab, lab.race([tiny_spec(seed=seed)])).look() for seed in (0, 1)]
    one, other = (graph_data(look, contestants_in(look), 0, GRADIENT) for look in looks)
    assert one["graphs"] == other["graphs"], "neither has been measured yet"
    assert one != other
