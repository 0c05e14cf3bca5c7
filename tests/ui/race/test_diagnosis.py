"""The Diagnosis panel: folded it reads nothing; open it says what was recorded and measured."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from resnet_viz.ui.pages.race.removed import WITHOUT
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.workers.measure_run import measure_run
from tests.labs import TINY, tiny_spec, wait_until
from tests.ui.race.conftest import address, errors, race_page, text
from tests.ui.race.conftest import opened as page_of
from tests.ui.race.test_history import led
from tests.workers.test_measure_run import trained

PANELS = "race_panels"


@pytest.fixture
def race_id(lab: Lab) -> str:
    """A race that is over: a residual net, in two seeds, and a plain one."""
    plain_net = TINY.model_copy(update={"shortcut": "none"})
    nets = [("residual", TINY, 0, 0), ("residual", TINY, 1, 0), ("plain", plain_net, 0, 1)]
    for number, (name, config, seed, contestant) in enumerate(nets):
        spec = tiny_spec(steps=3, config=config, name=name, seed=seed)
        trained(lab.home, spec, f"run-{number}", ("race", contestant))
    with Store(lab.home).writing() as connection:
        names = [name for name, *_ in nets]
        insert(connection, "races", race_columns("race", names, [0, 1]))
    return "race"


def opened(app: AppTest) -> AppTest:
    """With the panel unfolded."""
    app.session_state[PANELS] = frozenset({"diagnosis"})
    return app.run()


def test_folded_it_reads_nothing(lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(Lab, "measured", lambda _, run_id: read.append(run_id) or [])
    monkeypatch.setattr(Lab, "checkpoints", lambda _, run_id: read.append(run_id) or [])
    app = race_page(race_id, lab.steering_key(race_id))
    assert not read
    assert "Gradient at the first step" not in text(app)
    assert "Gradient at the first step" in text(opened(app))
    assert read


def test_it_says_what_was_recorded_and_what_was_measured(lab: Lab, race_id: str) -> None:
    app = opened(race_page(race_id, lab.steering_key(race_id)))
    assert ":blue[residual]: **keeps its size**" in text(app)
    assert ":orange[plain]: **no shortcuts**" in text(app)
    assert "mean cosine" not in text(app)
    runs = lab.race_runs(race_id)
    results = [measure_run(Store(lab.home), run.id, 0, "shattering") for run in runs]
    page = text(app.run())
    for run, result in zip(runs, results, strict=True):
        net = MeasuredNet(run.name, "", run.blocks, run.layer_names, result)
        sentence = measurement("shattering").verdict(net).sentence
        assert (plain(sentence) in page) == (run.seed == 0)
    assert "Of several seeds it is the first;" in page
    chosen = next(c for c in app.segmented_control if "step 0 (initial)" in c.options)
    assert chosen.options == ["step 0 (initial)", "step 3 (end)"]
    assert "mean cosine" not in text(chosen.set_value(3).run())


def test_the_weights_that_are_looked_at_are_in_the_link(lab: Lab, race_id: str) -> None:
    app = opened(race_page(race_id))
    assert address(app) == {"race": race_id, "open": "diagnosis"}
    weights_of(app).set_value(3).run()
    query = {"race": race_id, "open": "diagnosis", "weights": "3"}
    assert address(app) == query
    assert weights_of(page_of(**query)).value == 3
    app = led(page_of(**query), race=race_id, open="diagnosis")
    assert weights_of(app).value == 0
    assert address(app) == {"race": race_id, "open": "diagnosis"}
    for no_step in ("", "-1", "x", "9" * 5000):
        assert weights_of(page_of(**query | {"weights": no_step})).value == 0
    assert address(page_of(**query | {"weights": "999"}))["weights"] == "3", "the last there is"


def weights_of(app: AppTest) -> Any:
    assert not app.exception
    return next(c for c in app.segmented_control if "step 0 (initial)" in c.options)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_measurement_that_was_cancelled_elsewhere_says_so(
    lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lab, "ready", lambda _: None)  # nobody works
    app = opened(race_page(race_id, lab.steering_key(race_id)))
    app.button(key="race_measure_gradients").click().run()
    assert errors(app) == []
    jobs = lab.jobs_under_way("measure")
    assert len(jobs) == 2, "of each net the first seed"
    lab.cancel_job(jobs[0].id)
    (error,) = errors(app.run())
    assert plain("residual: the measurement was cancelled on another page.") in error
    app.button(key="race_measure_cancel_gradients").click().run()
    assert lab.jobs_under_way("measure") == []
    assert len(errors(app.run())) == 1, "its own press is no news"


def test_a_race_that_is_deleted_meanwhile_is_no_crash(lab: Lab, race_id: str) -> None:
    app = opened(race_page(race_id, lab.steering_key(race_id)))
    lab.delete(race_id)
    app.run()
    assert "Gradient at the first step" in text(app)
    assert any("no run or race with the id" in error.value for error in app.error)


def test_only_who_has_the_controls_can_measure(lab: Lab, race_id: str) -> None:
    app = opened(race_page(race_id))
    assert not [b for b in app.button if b.key and b.key.startswith("race_measure")]
    assert "Who has the race's controls can measure" in text(app)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_press_measures_each_net_that_has_no_result_and_says_why_one_failed(
    lab: Lab, race_id: str
) -> None:
    app = opened(race_page(race_id, lab.steering_key(race_id)))
    first, *_, last = lab.race_runs(race_id)
    measure_run(Store(lab.home), last.id, 0, "rank_cka")
    app.button(key="race_measure_rank_cka").click().run()
    wait_until(lambda: len(lab.measured(first.id)) == 1)
    assert len(lab.measured(last.id)) == 1
    wait_until(lambda: "directions" in text(app.run()))
    assert not [b for b in app.button if b.key == "race_measure_rank_cka"]


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_block_chosen_in_the_panel_is_deleted_as_by_a_click_in_its_graph(
    lab: Lab, race_id: str
) -> None:
    app = race_page(race_id, lab.steering_key(race_id))
    app.toggle(key="race_panel_graphs").set_value(True).run()
    app.session_state[PANELS] |= {"diagnosis"}
    app.run()
    first, _, last = lab.race_runs(race_id)
    box = app.selectbox(key="race_delete_block_0")
    assert box.options == ["none", *first.blocks]
    box.set_value("stages.1.0").run()
    app.run()  # AppTest runs the page and not its parts alone
    assert app.session_state[WITHOUT] == "0:stages.1.0"
    wait_until(lambda: text(app.run()).count("error on the training images") == 2)
    [result] = lab.measured(first.id)
    assert (result.step, result.settings["block"]) == (0, "stages.1.0")  # the panel's weights
    app.selectbox(key="race_delete_net").set_value(2).run()
    app.selectbox(key="race_delete_block_2").set_value("stages.0.0").run()
    wait_until(lambda: len(lab.measured(last.id)) == 1)
    assert app.run().session_state[WITHOUT] == "0:stages.1.0,2:stages.0.0"
    app.selectbox(key="race_delete_block_2").set_value("none").run()
    assert app.run().session_state[WITHOUT] == "0:stages.1.0"
    visitor = race_page(race_id)
    visitor.session_state[WITHOUT] = "0:stages.1.0"
    visitor = opened(visitor)
    assert not [one for one in visitor.selectbox if one.label == "Block to delete"]
