"""The press that races the same nets from five seeds, so that they can be compared."""

from __future__ import annotations

import pytest

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from tests.labs import TINY, tiny_spec
from tests.ui.race.conftest import errors, has_button, race_page, stage, text
from tests.workers.test_measure_run import trained

NETS = {"residual": TINY, "plain": TINY.model_copy(update={"shortcut": "none"})}


def race(lab: Lab, seeds: tuple[int, ...], names: tuple[str, ...] = ("residual", "plain")) -> str:
    """A race that is over, of runs of five steps."""
    for seed in seeds:
        for number, name in enumerate(names):
            spec = tiny_spec(steps=5, config=NETS[name], name=name, seed=seed)
            trained(lab.home, spec, f"{name}-{seed}", ("race", number))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("race", list(names), seeds))
    return "race"


def test_a_race_of_one_seed_is_told_as_one_and_offers_five(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[RaceSpec] = []
    monkeypatch.setattr(
        "resnet_viz.ui.pages.race.again.begin", lambda lab, race, pace: begun.append(race)
    )
    app = race_page(race(lab, (3,)))
    said = stage(app)["sentence"]
    assert "ahead" not in said + text(app)
    assert "lower training loss" not in said + text(app)
    app.button(key="race_more_seeds").click().run()
    assert errors(app) == []
    (chosen,) = begun
    assert [spec.name for spec in chosen.contestants] == ["residual", "plain"]
    assert chosen.seeds == (3, 4, 5, 6, 7)
    assert len(chosen.runs()) == 10


@pytest.mark.parametrize(
    ("seeds", "names"), [((0, 1, 2, 3, 4), ("residual", "plain")), ((0,), ("residual",))]
)
def test_of_five_seeds_or_of_one_net_there_is_nothing_to_add(
    lab: Lab, seeds: tuple[int, ...], names: tuple[str, ...]
) -> None:
    assert not has_button(race_page(race(lab, seeds, names)), "race_more_seeds")
