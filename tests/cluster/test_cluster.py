"""Runs in a Ray cluster: what they measure is what a run here measures, whatever is killed.

The sweep takes a minute, the others two more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from resnet_viz.cluster.engine import RayEngine
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.engine import ThisMachine
from resnet_viz.training.loop import train
from tests import labs
from tests.cluster.conftest import Machines
from tests.labs import ENDLESS, steps_of, tiny_spec
from tests.launchers import end_launchers
from tests.scheduler.parked import values_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.flaky(reruns=1, reason="processes: Ray begins dozens, and some are killed"),
]
nightly = pytest.mark.skipif(
    not os.environ.get("RESNET_VIZ_NIGHTLY"), reason="two minutes of a cluster"
)

wait_until = partial(labs.wait_until, seconds=300.0)
"""Each worker of Ray imports all that it needs anew: seconds, and a minute on a busy machine."""
SPECS = [tiny_spec(steps=40, seed=seed, evaluate_every=10) for seed in range(3)]
OWN = ["run_id", "step_seconds"]
"""Columns of a sweep's table that are of where it was trained."""
Expected = Callable[[int], list[StepRecord]]


@pytest.fixture
def lab(machines: Machines, tmp_path: Path) -> Iterator[Lab]:
    one = Lab(tmp_path / "home", RayEngine(machines.address))
    machines.mend()
    yield one
    for run in one.list():
        if not run.is_over:
            one.stop(run.id)


@pytest.fixture(scope="module")
def expected() -> Expected:
    """The records of the run with a seed, trained here."""
    return cache(lambda seed: list(train(SPECS[seed])))


def check_all(lab: Lab, race: str, expected: Expected) -> None:
    """Each run is finished, and each value of each step is one that was measured here, once."""
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    for run in lab.race_runs(race):
        found = lab.records(run.id)
        assert (run.status, run.message, run.steps_done) == ("finished", "", SPECS[0].steps)
        assert [record.step for record in found] == list(range(SPECS[0].steps))
        for one, other in zip(expected(run.seed), found, strict=True):
            assert values_of(one) == values_of(other), f"seed {run.seed}, step {one.step}"


@nightly
@pytest.mark.usefixtures("one_thread")
def test_workers_and_machines_are_killed_and_no_record_is_lost(
    machines: Machines, lab: Lab, expected: Expected
) -> None:
    """Bit for bit what is measured here, where the machine of one run, and the worker of another,
    are killed in the middle; who looks at the race meanwhile sees the second attempt alone."""
    race = lab.race(SPECS, pace=4)
    one, other = (run.id for run in lab.race_runs(race)[:2])
    wait_until(lambda: steps_of(lab, one) > 3 < steps_of(lab, other))
    feed = Feed(lab, race)
    feed.look()
    before = lab.get(one), lab.get(other)
    lab.slow(other, 0.1)  # it is not at its end when its machine is killed
    assert {run.device[-11:] for run in before} == {"(127.0.0.3)", "(127.0.0.4)"}
    machines.worker_on(before[0].device[-10:-1]).kill()
    wait_until(lambda: lab.get(one).started != before[0].started)
    machines.kill(before[1].device[-10:-1])
    lab.slow(race, None)
    check_all(lab, race, expected)
    assert all(lab.get(run.id).started != run.started for run in before)
    feed.expire()
    for run in (look := feed.look()).runs:
        loss = [record.loss for record in expected(run.seed)]
        assert look.history(run).loss.tolist() == loss


@pytest.mark.usefixtures("one_thread")
def test_a_sweep_is_what_it_is_here_though_a_worker_and_a_machine_are_killed(
    machines: Machines, lab: Lab, tmp_path: Path
) -> None:
    """Bit for bit, with each step of each cell once; it is paused in between, and goes on."""
    spec = SweepSpec(
        base=tiny_spec(steps=150), axes={"lr": (0.01, 0.1), "plain": (False, True)}, seeds=range(3)
    )
    sweep_id = lab.sweep(spec)

    def under_way() -> list[str]:
        """The runs of cells of which some steps are on record, and not nearly all."""
        runs = [cell.run_id for cell in lab.get_sweep(sweep_id).cells if cell.status == "running"]
        return [run for run in runs if run and 3 < steps_of(lab, run) < 100]

    def machine() -> str:
        wait_until(lambda: bool(under_way()))
        return lab.get(under_way()[0]).device[-10:-1]

    machines.worker_on(machine()).kill()
    wait_until(lambda: bool(under_way()))
    lab.pause(sweep_id)
    wait_until(lambda: not any(cell.status == "running" for cell in lab.get_sweep(sweep_id).cells))
    done = [cell.steps_done for cell in lab.get_sweep(sweep_id).cells]
    assert 0 < sum(done) < 12 * spec.base.steps
    assert [cell.steps_done for cell in lab.get_sweep(sweep_id).cells] == done
    lab.resume(sweep_id)
    machines.kill(machine())
    wait_until(lambda: lab.get_sweep(sweep_id).status == "finished")
    for cell in lab.get_sweep(sweep_id).cells:
        steps = [record.step for record in lab.records(str(cell.run_id))]
        assert steps == list(range(spec.base.steps))
    here = Lab(tmp_path / "here", ThisMachine())
    local = here.sweep(spec)
    wait_until(lambda: here.get_sweep(local).status == "finished")
    tables = [one.sweep_table(id).drop(columns=OWN) for one, id in ((lab, sweep_id), (here, local))]
    assert_frame_equal(*tables, check_exact=True)
    end_launchers(here.home)
    endless = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, endless) > 2)
    lab.stop(endless)
    assert lab.get(endless).status == "stopped"


@nightly
@pytest.mark.usefixtures("one_thread")
def test_it_is_steered_as_any_run(lab: Lab, expected: Expected) -> None:
    race = lab.race(SPECS, pace=4)
    first = lab.race_runs(race)[0].id
    wait_until(lambda: steps_of(lab, first) > 2)
    lab.pause(first)
    wait_until(lambda: lab.get(first).status == "paused")
    # Others wait: it gives up its place, and what it has come to is saved.
    wait_until(lambda: all(run.started for run in lab.race_runs(race)))
    done = steps_of(lab, first)
    lab.step(first)
    wait_until(lambda: steps_of(lab, first) == done + 1)
    assert lab.get(first).status == "paused"
    lab.resume(first)
    lab.slow(race, None)
    check_all(lab, race, expected)
    assert [step.step for step in lab.checkpoints(first)] == [SPECS[0].steps]
