"""Blocks removed on the stage: who may, what is measured, and what the stage is told."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.starting_points.remove_a_block import STARTING_POINT
from resnet_viz.findings.lesion import removal_in
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from resnet_viz.ui.pages.race.live import removal
from resnet_viz.workers.measure_run import measure_run
from tests.labs import TINY, tiny_spec, wait_until
from tests.ui.race.conftest import address, press, race_page, shown, steering
from tests.workers.test_measure_run import trained

DEEPER = TINY.model_copy(update={"depths": (2, 2)})
STEPS = 3


@pytest.fixture
def race_id(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """A race that is over: a residual net from two seeds and a plain one, which count as learnt."""
    monkeypatch.setattr(removal, "UNLEARNT", 1.0)
    return raced(lab)


def raced(lab: Lab) -> str:
    plain_net = DEEPER.model_copy(update={"shortcut": "none"})
    runs = [("residual", DEEPER, 0, 0), ("residual", DEEPER, 1, 0), ("plain", plain_net, 0, 1)]
    for number, (name, config, seed, contestant) in enumerate(runs):
        spec = tiny_spec(steps=STEPS, config=config, name=name, seed=seed)
        trained(lab.home, spec, f"run-{number}", ("race", contestant))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("race", ["residual", "plain"], [0, 1]))
    return "race"


def told(app: AppTest) -> dict[str, Any]:
    """What the stage is told of removed blocks."""
    return dict(shown(app, "stage")["removal"])


def remove(app: AppTest, move: int, *blocks: list[str]) -> AppTest:
    return press(app, "remove", value={"blocks": list(blocks), "move": move})


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_blocks_are_removed_together_and_their_error_is_measured(lab: Lab, race_id: str) -> None:
    app = steering(lab, race_id)
    assert told(app)["may"]
    assert not told(app)["on"]
    assert [one["removed"] for one in told(app)["nets"]] == [[], []]  # several seeds are one net
    both = ["stages.1.1", "stages.0.1"]
    remove(app, 1, both, [])
    wait_until(lambda: told(app.run())["nets"][0]["said"] != "")
    net = told(app)["nets"][0]
    first = lab.race_runs(race_id)[0]
    found = removal_in(lab.measured(first.id), "stages.0.1,stages.1.1", STEPS)
    assert found
    short = f"{100 * found.whole_error:.1f} % to {100 * found.left_error:.1f} %"
    assert net["removed"] == both  # in the order of the presses
    assert net["said"] == f"Removed 2 blocks: error {short}"
    assert net["of"] == "on 256 images it has never seen"
    assert net["short"] == short
    assert net["figure"] == f"{round(100 * (1 - found.left_error))} %"
    assert address(app)["without"] == "0:stages.1.1,0:stages.0.1"
    # The same press told twice changes nothing; an empty list puts all back.
    remove(app, 1, [], [])
    assert told(app)["nets"][0]["removed"] == both
    remove(app, 2, [], [])
    assert told(app)["nets"][0]["removed"] == []
    assert "without" not in address(app)


def test_what_cannot_go_stays_and_says_why(
    lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lab, "submit", lambda *_, **__: pytest.fail("a job was asked for"))
    app = steering(lab, race_id)
    residual, plain = told(app)["nets"]
    assert residual["kept"] == {}
    assert list(plain["kept"]) == ["stages.1.0"]  # where a plain net changes the shape
    remove(app, 1, ["stages.7.7"], ["stages.1.0"])
    assert [one["removed"] for one in told(app)["nets"]] == [[], []]


def test_who_has_the_link_alone_sees_and_removes_nothing(
    lab: Lab, race_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lab.race_runs(race_id)[0]
    measure_run(Store(lab.home), first.id, STEPS, "removal", settings={"blocks": "stages.0.1"})
    monkeypatch.setattr(Lab, "submit", lambda *_, **__: pytest.fail("a job was asked for"))
    app = race_page(race_id)
    app.session_state["race_without"] = "0:stages.0.1,2:stages.0.1"
    app.run()
    assert not told(app)["may"]
    residual, plain = told(app)["nets"]
    assert residual["said"].startswith("Removed 1 block: error ")
    assert plain["said"] == "Removed 1 block: not measured"
    remove(app, 9, [], [])
    assert told(app)["nets"][0]["removed"] == ["stages.0.1"]


def test_a_net_that_never_learned_says_so(lab: Lab) -> None:
    app = steering(lab, raced(lab))
    for net, name in zip(told(app)["nets"], ("residual", "plain"), strict=True):
        assert net["refusal"].startswith(name)
        assert net["refusal"].endswith("never learned, so removing a block tells us nothing.")
    assert told(app)["experiment"] == ["Remove a block", "race?experiment=Remove+a+block"]
    remove(app, 1, ["stages.0.1"], [])
    assert told(app)["nets"][0]["removed"] == []


def test_the_mode_is_on_in_the_race_that_was_made_for_it() -> None:
    def runs(specs: list[RunSpec]) -> Any:
        return [type("Run", (), {"spec": spec, "steps": spec.steps}) for spec in specs]

    specs = list(STARTING_POINT.specs)
    assert [spec.name for spec in specs] == ["resnet20-cifar", "plain20-cifar"]
    assert {spec.steps for spec in specs} == {80}
    assert removal.is_of_the_experiment(runs(specs))
    again = [spec.model_copy(update={"seed": 3}) for spec in specs]
    assert removal.is_of_the_experiment(runs(again))
    shorter = [spec.model_copy(update={"steps": 60}) for spec in specs]
    assert not removal.is_of_the_experiment(runs(shorter))
    assert not removal.is_of_the_experiment(runs(specs[:1]))


def test_nothing_is_told_of_it_while_a_race_goes_on_or_is_presented(lab: Lab, race_id: str) -> None:
    app = steering(lab, race_id)
    app.query_params["present"] = "1"
    app.session_state["race_presented"] = True
    app.run()
    assert shown(app, "stage")["removal"] is None
