"""Starting points: a file more is a starting point more, wherever they are offered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.cli.commands.race import _specs
from resnet_viz.cli.inputs import read_contestants
from resnet_viz.experiments import starting_points as folder
from resnet_viz.experiments.starting_points import current_name, starting_points
from resnet_viz.scheduler.engine import ThisMachine
from tests.ui.race.conftest import address, opened, race_page

ONE_FILE = """
from resnet_viz.experiments.starting_point import StartingPoint, preset_entries

STARTING_POINT = StartingPoint(
    "Half a rate", 15, preset_entries("resnet20-cifar"), "Does it learn at all?", {"lr": 0.005}
)
"""


@pytest.fixture
def half_a_rate(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A starting point that is one file."""
    (tmp_path / "half_a_rate.py").write_text(ONE_FILE)
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    starting_points.cache_clear()
    yield
    starting_points.cache_clear()
    del sys.modules[f"{folder.__name__}.half_a_rate"]


@pytest.mark.usefixtures("half_a_rate")
def test_a_starting_point_is_one_file() -> None:
    assert list(starting_points())[:3] == ["Default race", "Half a rate", "Depth hurts"]
    entries, training = read_contestants((), "Half a rate")
    (spec,) = _specs(entries, (), {"seed": None, **training}, None, ThisMachine())
    assert (spec.name, spec.lr) == ("resnet20-cifar", 0.005)
    app = race_page()
    app.pills(key="race_experiment").set_value("Half a rate").run()
    assert address(app)["experiment"] == "Half a rate"
    assert app.number_input(key="race_lr").value == 0.005


def test_places_are_told_apart() -> None:
    places = [point.place for point in starting_points().values()]
    assert places == sorted(set(places))


def test_links_with_a_former_name_still_work(home: Path) -> None:
    """Each says what it shows; in 0.1.0 three were called after the files they came from."""
    assert current_name("No norm") == "No norm"
    assert current_name("nothing") is None
    app = opened(experiment="notebook34")
    assert app.pills(key="race_experiment").value == "Forgetting the addition"
    assert address(app)["experiment"] == "Forgetting the addition"
    assert not app.error
    entries, training = read_contestants((), "dnddnjs32")
    assert len(entries) == 2
    assert training["schedule"] == "step"
