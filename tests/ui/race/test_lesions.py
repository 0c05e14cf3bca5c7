"""Blocks deleted by a click in the graphs: who may, what is measured, and what is said."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.findings.lesion import lesion_in, lesion_sentence
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from resnet_viz.ui.pages.race.display_options import EACH, SEEDS
from resnet_viz.ui.pages.race.lesions import CLICK
from resnet_viz.ui.pages.race.removed import WITHOUT, are_blocks
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.workers.measure_run import measure_run
from tests.labs import TINY, tiny_spec, wait_until
from tests.ui.race.conftest import race_page, text
from tests.workers.test_measure_run import trained

NOTHING = "No block is removed."
BLOCK = "stages.1.0"


@pytest.fixture
def race_id(lab: Lab) -> str:
    """A race that is over: a residual net from two seeds, and a plain one."""
    plain_net = TINY.model_copy(update={"shortcut": "none"})
    runs = [("residual", TINY, 0, 0), ("residual", TINY, 1, 0), ("plain", plain_net, 0, 1)]
    for number, (name, config, seed, contestant) in enumerate(runs):
        spec = tiny_spec(steps=3, config=config, name=name, seed=seed)
        trained(lab.home, spec, f"run-{number}", ("race", contestant))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("race", ["residual", "plain"], [0, 1]))
    return "race"


def deleting(app: AppTest) -> AppTest:
    """With graphs, and clicks that delete."""
    app.toggle(key="race_panel_graphs").set_value(True).run()
    return app.segmented_control(key=CLICK).set_value("deletes").run()


def clicked(app: AppTest, place: int, block: str) -> AppTest:
    """What the graph's component says of a click (the browser's tests make a real one)."""
    app.session_state[WITHOUT] = f"{place}:{block}"
    app.session_state["race_lesion_wanted"] = place
    return app.run()


def expected(lab: Lab, place: int, name: str, block: str, step: int) -> str:
    run = lab.race_runs("race")[place]
    found = lesion_in(lab.measured(run.id), run.blocks, block, step)
    assert found
    assert run.config
    is_batch = run.config.norm == "batch"
    return plain(lesion_sentence(name, block, found, has_batch_norm=is_batch))


def test_a_click_opens_a_block_until_another_is_chosen(lab: Lab, race_id: str) -> None:
    app = race_page(race_id, lab.steering_key(race_id))
    app.toggle(key="race_panel_graphs").set_value(True).run()
    assert "Click a block to inspect it." in text(app)
    assert NOTHING not in text(app)
    deleting(app)
    assert "Click a block to remove it" in text(app)
    assert text(app).count(NOTHING) == 2  # a graph for each net; of several seeds one


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_click_measures_the_last_weights_once(lab: Lab, race_id: str) -> None:
    app = deleting(race_page(race_id, lab.steering_key(race_id)))
    clicked(app, 0, BLOCK)
    wait_until(lambda: "error on the training images" in text(app.run()))
    first = lab.race_runs(race_id)[0]
    [result] = lab.measured(first.id)
    assert (result.step, result.settings["block"]) == (3, BLOCK)
    assert expected(lab, 0, "residual, seed 0", BLOCK, 3) in text(app)
    assert text(app).count(NOTHING) == 1


def test_what_was_measured_is_shown_at_once_and_to_all(
    lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = lab.race_runs(race_id)
    measure_run(Store(lab.home), runs[0].id, 3, "lesions")
    monkeypatch.setattr(Lab, "submit", lambda *_, **__: pytest.fail("a job was asked for"))
    app = deleting(race_page(race_id, lab.steering_key(race_id)))
    assert expected(lab, 0, "residual, seed 0", BLOCK, 3) in text(clicked(app, 0, BLOCK))
    visitor = race_page(race_id)
    visitor.session_state[WITHOUT] = f"0:{BLOCK},2:stages.0.0"
    visitor.run()  # the stage shows them; the graphs stay folded away
    assert "without" not in text(visitor)
    visitor.toggle(key="race_panel_graphs").set_value(True).run()
    assert not [box for box in visitor.segmented_control if box.key == CLICK]
    assert expected(lab, 0, "residual, seed 0", BLOCK, 3) in text(visitor)
    assert f"{plain('plain without block 1 of stage 1')}: not measured at step 3." in text(visitor)
    assert not [one for one in visitor.button if one.label == "Measure"]


def test_of_several_seeds_it_is_the_run_that_the_graph_shows(lab: Lab, race_id: str) -> None:
    for run in lab.race_runs(race_id):
        measure_run(Store(lab.home), run.id, 3, "lesions")
    app = race_page(race_id)
    app.session_state[WITHOUT] = f"0:{BLOCK},1:{BLOCK}"
    app.toggle(key="race_panel_graphs").set_value(True).run()
    first, second = (expected(lab, i, f"residual, seed {i}", BLOCK, 3) for i in (0, 1))
    assert first in text(app.run())  # that of the median is the first seed's
    assert second not in text(app)
    app.session_state[SEEDS] = EACH
    assert first in text(app.run())
    assert second in text(app)


def test_a_block_that_cannot_be_left_out_says_so_without_a_job(
    lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lab, "submit", lambda *_, **__: pytest.fail("a job was asked for"))
    app = deleting(race_page(race_id, lab.steering_key(race_id)))
    assert plain("plain without block 1 of stage 2: there is no such net.") in text(
        clicked(app, 2, BLOCK)
    )


def test_the_weights_are_those_chosen_in_the_diagnosis(lab: Lab, race_id: str) -> None:
    first = lab.race_runs(race_id)[0]
    for step in (0, 3):
        measure_run(Store(lab.home), first.id, step, "lesions")
    app = race_page(race_id, lab.steering_key(race_id))
    app.session_state["race_panels"] = frozenset({"diagnosis"})
    app.session_state[WITHOUT] = f"0:{BLOCK}"
    app.run()
    assert expected(lab, 0, "residual, seed 0", BLOCK, 3) in text(app)
    box = next(c for c in app.segmented_control if "step 3 (end)" in c.options)
    box.set_value(3).run()
    box = next(c for c in app.segmented_control if "step 3 (end)" in c.options)
    box.set_value(0).run()
    assert expected(lab, 0, "residual, seed 0", BLOCK, 0) in text(app.run())


@pytest.mark.parametrize(
    "text", ["", "stages.1.1", "0:stages.1", "0:stages.1.1,", "0:<b>", "0:stages.1.1 ", "9999:a"]
)
def test_other_texts_in_a_link_are_no_blocks(text: str) -> None:
    assert not are_blocks(text)
    assert are_blocks("0:stages.1.1,12:stages.10.217")


def test_blocks_that_a_net_does_not_have_are_none(lab: Lab, race_id: str) -> None:
    app = race_page(race_id)
    app.session_state[WITHOUT] = "0:stages.7.7,99:stages.0.0"
    assert "without" not in text(app.run())
