"""Runs that are killed while they give up their processes, or go on: nothing is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import parking
from resnet_viz.scheduler.parking import VARIABLE
from resnet_viz.store import saved_states
from resnet_viz.store.database import Store
from resnet_viz.training import training_state
from resnet_viz.training.loop import train
from resnet_viz.workers.run_writer import RunWriter
from tests.configs import examples
from tests.labs import process_of, tiny_spec, wait_until, workers
from tests.scheduler.parked import Desk, check_bits, values_of

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: workers that are killed")


def _before(owner: object, name: str) -> Callable[[Callable[[], NoReturn]], None]:
    """Kills where a function is about to be called."""

    def put(kill: Callable[[], NoReturn]) -> None:
        setattr(owner, name, lambda *_, **__: kill())

    return put


def _after(owner: object, name: str) -> Callable[[Callable[[], NoReturn]], None]:
    """Kills where a function has returned."""

    def put(kill: Callable[[], NoReturn]) -> None:
        called = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> None:
            called(*arguments, **named)
            kill()

        setattr(owner, name, call)

    return put


GIVING_UP = {
    "before the state is written": _before(training_state, "write_state"),
    "when it is written and has no name": _after(training_state, "write_state"),
    "between the row and the name": _after(saved_states, "write_down"),
    "between the name and the commit": _after(Path, "replace"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("moment", [*GIVING_UP, "when all is done"])
def test_killed_while_it_gives_up_its_process(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Before its commit the run is interrupted; after it, paused: never both, nor a record lost."""
    desk.pause_at(5, monkeypatch)
    where = GIVING_UP.get(moment) or _after(parking, "give_up")
    if moment == "when all is done":
        where = _raised_after_commit
    assert desk.work_and_be_killed(where)
    is_paused = moment == "when all is done"
    run = desk.lab.get(desk.id)
    assert (run.status, run.steps_done) == ("paused" if is_paused else "interrupted", 5)
    expected = list(train(desk.spec))
    found = desk.lab.records(desk.id)
    assert list(map(values_of, found)) == list(map(values_of, expected[:5]))
    with desk.store.session() as connection:
        saved_states.sweep(connection, desk.lab.home)
    there = {file.suffix for file in saved_states.folder(desk.lab.home).glob("*")}
    assert (".pt" in there) == is_paused, "no state without its run"
    if is_paused:
        desk.lab.resume(desk.id)
        desk.work()
        check_bits(desk.lab, desk.id, desk.spec)


def _raised_after_commit(kill: Callable[[], NoReturn]) -> None:
    class Killing(Exception):  # noqa: N818
        def __init__(self) -> None:
            kill()

    parking.Parked = Killing  # type: ignore[misc,assignment]


RESUMING = {
    "before the state is read": _before(training_state, "read_state"),
    "when it is read": _after(training_state.Resumable, "attach"),
    "before the first record": _before(RunWriter, "write"),
    "before the commit of the first record": _after(saved_states, "forget"),
    "before the file is deleted": _before(RunWriter, "_drop_state"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("moment", RESUMING)
def test_killed_while_it_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Until its first record is on record it is paused again, and can go on: nothing is lost."""
    with monkeypatch.context() as patch:
        desk.pause_at(5, patch)
        desk.work()
    assert desk.lab.get(desk.id).status == "paused"
    desk.lab.resume(desk.id)
    assert desk.work_and_be_killed(RESUMING[moment])
    run = desk.lab.get(desk.id)
    if moment == "before the file is deleted":
        assert (run.status, run.steps_done) == ("interrupted", 6)
        with desk.store.session() as connection:
            saved_states.sweep(connection, desk.lab.home)
        assert not list(saved_states.folder(desk.lab.home).iterdir())
        return
    assert (run.status, run.steps_done) == ("paused", 5)
    assert "Resume it again" in run.message
    desk.lab.resume(desk.id)
    assert desk.lab.get(desk.id).status == "queued"
    desk.work()
    assert desk.lab.get(desk.id).status == "finished"
    check_bits(desk.lab, desk.id, desk.spec)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
@pytest.mark.usefixtures("one_thread")
def test_killed_at_any_moment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses, parks and resumes a run again and again while its processes are killed."""
    import random
    import time

    monkeypatch.setenv(VARIABLE, "0")
    chance = random.Random(0)
    spec = tiny_spec(steps=300, optimizer="adam", lr=0.01, precision="float16")
    expected = list(map(values_of, train(spec)))
    # The last step is written as it is taken, and once more when the end has been measured.
    unended = [*expected[:-1], {**expected[-1]}]
    del unended[-1]["final"]
    kills, ended = 0, {"finished": 0, "interrupted": 0}
    while kills < examples(6) or not ended["finished"]:
        run_id = lab.start(spec)
        kills_of_run = 0
        while not lab.get(run_id).is_over:
            chance.choice((lab.pause, lab.resume, lab.resume, lab.step))(run_id)
            time.sleep(chance.random() * 0.2)
            process = process_of(lab, run_id)
            if process is not None and kills < examples(6) and chance.random() < 0.1:
                process.kill()
                kills, kills_of_run = kills + 1, kills_of_run + 1
            found = list(map(values_of, lab.records(run_id)))
            assert found in (expected[: len(found)], unended[: len(found)])
        status = lab.get(run_id).status
        ended[status] += 1
        assert status == "finished" or kills_of_run, "what nobody killed is not interrupted"
        if status == "finished":
            assert list(map(values_of, lab.records(run_id))) == expected
    wait_until(lambda: not workers(lab))
    with Store(lab.home).session() as connection:
        saved_states.sweep(connection, lab.home)
    assert not list(saved_states.folder(lab.home).glob("*.pt"))
