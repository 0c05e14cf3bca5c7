"""Nets of several seeds: the median and range, each seed, or one alone, on all of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.findings.contestant import contestants_in
from resnet_viz.findings.signs import SIGNS
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.store.database import Store
from resnet_viz.store.run import Run, insert, race_columns
from resnet_viz.ui.pages.race.display_options import SEEDS, seeds_options
from resnet_viz.ui.widgets.markdown import plain
from tests.labs import TINY, tiny_spec
from tests.ui.race.conftest import ROOT, errors, shown, text
from tests.workers.test_measure_run import trained

NETS, ALL = {"residual": TINY, "plain": TINY.model_copy(update={"shortcut": "none"})}, (0, 2, 5)


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """The lab that the page under test uses, with a race of two nets from three seeds."""
    for seed in ALL:
        for number, (name, config) in enumerate(NETS.items()):
            spec = tiny_spec(steps=3, config=config, name=name, seed=seed)
            trained(lab.home, spec, f"{name}-{seed}", ("race", number))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("race", list(NETS), ALL))
    return lab


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in {"race": "race", **query}.items():
        app.query_params[key] = value
    app = app.switch_page("pages/race.py").run()
    assert errors(app) == []
    return app


def link(app: AppTest) -> dict[str, str]:
    return {key: "".join(values) for key, values in app.query_params.items()}


def figure(app: AppTest, place: str) -> Mapping[str, Any]:
    """The chart that the browser was sent last for a place."""
    sent = app.session_state["live_chart_sent"]
    (found,) = [drawn.tree for key, drawn in sent.items() if key.startswith(f"{place}-")]
    return dict(found)


def losses(app: AppTest) -> dict[str, Any]:
    """The courses of the training loss that are drawn in full, by net."""
    traces = figure(app, "curves")["data"]
    return {t["name"]: t["y"] for t in traces if t.get("yaxis") != "y2" and t["name"] != "range"}


def said_of(lab: Lab, seed: int) -> str:
    """What the records of the residual net's run from that seed say of its gradient."""
    (net,) = [
        c
        for c in contestants_in(Feed(lab, "race").look())
        if c.name.endswith(f"seed {seed}") and c.name.startswith("residual")
    ]
    return plain(SIGNS[0].verdict(net).sentence)


def graphs(app: AppTest) -> list[str]:
    """The titles of the nets' graphs, in their order."""
    texts = [element.proto.json for element in app.get("bidi_component")]
    data = [json.loads(text) for text in texts if text]
    return [one["title"] for one in data if "svg" in one]


def what_happened(app: AppTest) -> list[str]:
    """The sentences at the end, and the table."""
    said = [element.value for element in app.markdown if "](#" in element.value]
    return [*said, app.table[0].value.to_csv()]


def test_one_seed_alone_is_shown_everywhere_and_is_in_the_link(lab: Lab) -> None:
    app = opened(open="diagnosis,graphs", step="99")
    box = app.selectbox(key=SEEDS)
    assert (box.value, link(app).get("show")) == ("median", None)
    alone = [f"seed {seed} alone" for seed in ALL]
    assert box.options == ["median and range", "each seed", *alone]
    assert set(losses(app)) == {"residual, 3 seeds", "plain, 3 seeds"}
    assert said_of(lab, 0) in text(app)
    assert "Of several seeds it is the first" in text(app)
    over_all = what_happened(app)
    app = box.set_value("seed-2").run()
    assert link(app)["show"] == "seed-2"
    check_shows(app, lab, 2)
    assert what_happened(app) == over_all
    other = opened(show="seed-5", open="diagnosis,graphs", step="99")
    check_shows(other, lab, 5)
    assert link(other)["show"] == "seed-5"


def check_shows(app: AppTest, lab: Lab, seed: int) -> None:
    """That seed's run of each net, and of no other seed."""
    names = [f"{name}, seed {seed}" for name in NETS]
    assert errors(app) == []
    found = losses(app)
    assert list(found) == names
    for name in NETS:
        own = [record.loss for record in lab.records(f"{name}-{seed}")]
        np.testing.assert_allclose(found[f"{name}, seed {seed}"], own, rtol=1e-6)
    maps = figure(app, "maps")["data"]
    assert [one["name"] for one in maps] == names
    norms = np.array([record.values["grad_norm"] for record in lab.records(f"plain-{seed}")])
    np.testing.assert_allclose(10 ** maps[1]["z"].astype(float), norms.T, rtol=1e-5)
    at_end = {trace["name"]: trace["y"] for trace in figure(app, "gradients")["data"]}
    np.testing.assert_allclose(at_end[names[1]], norms[-1], rtol=1e-6)
    assert graphs(app) == names
    colours = json.loads(shown(app, "graph_values")["graphs"])
    nodes = [one["nodes"] for one in colours["of"].values()]
    stem = [values[colours["names"][list_].split().index("stem")] for list_, values in nodes]
    np.testing.assert_allclose(stem[1], norms[-1][0], rtol=1e-3)
    assert said_of(lab, seed) in text(app)
    assert not [
        said_of(lab, other) for other in ALL if other != seed and said_of(lab, other) in text(app)
    ]
    assert f"Of several seeds it is seed {seed}, as chosen above" in text(app)


def test_each_seed_has_its_curve_and_its_graph(lab: Lab) -> None:
    app = opened(show="each", open="graphs")
    each = [f"{name}, seed {seed}" for seed in ALL for name in NETS]
    assert list(losses(app)) == graphs(app) == each


@pytest.mark.parametrize("show", ["seed-1", "seed-", "seed--1", "nonsense", "seed-<b>"])
def test_a_link_with_a_seed_that_the_race_has_not_shows_the_median(lab: Lab, show: str) -> None:
    app = opened(show=show)
    assert app.selectbox(key=SEEDS).value == "median"
    assert set(losses(app)) == {"residual, 3 seeds", "plain, 3 seeds"}


def test_a_seed_of_another_race_is_forgotten(lab: Lab) -> None:
    app = opened(show="seed-5")
    trained(lab.home, tiny_spec(steps=3, name="lone"), "lone", ("lone", 0))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("lone", ["lone"], [0]))
    for key in ("show",):
        app.query_params.pop(key, None)
    app.query_params["race"] = "lone"
    app = app.run()
    assert errors(app) == []
    assert not [box for box in app.selectbox if box.key == SEEDS]
    assert link(app) == {"race": "lone"}


def test_seeds_that_only_some_nets_have_are_not_offered_alone() -> None:
    def run(contestant: int, seed: int) -> Run:
        return Run._make([None] * len(Run._fields))._replace(
            id=f"{contestant}-{seed}", race_id="race", contestant=contestant, seed=seed
        )

    mixed = [run(0, 0), run(0, 1), run(1, 1), run(1, 2)]
    assert list(seeds_options(mixed)) == ["median", "each", "seed-1"]
    assert not seeds_options([run(0, 0), run(1, 0)])
