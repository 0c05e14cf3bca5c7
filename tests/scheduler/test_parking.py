"""Paused runs that nobody looks at give up their processes, and lose nothing by it."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest
from safetensors.torch import load_file

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client, parking
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.scheduler.parking import MOST_STEPPING, MOST_WARM, VARIABLE, Patience
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.submit import MOST_ACTIVE, SHARE
from resnet_viz.store import checkpoint_index, saved_states
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, new_row
from resnet_viz.store.runs_table import BUSY, select_runs
from resnet_viz.training import training_state
from resnet_viz.training.loop import train
from resnet_viz.workers.dispatcher import Dispatcher, due
from resnet_viz.workers.run_worker import Worker, main
from resnet_viz.workers.run_writer import RunWriter
from tests.configs import examples
from tests.labs import Stillborn, process_of, tiny_spec, wait_until, workers
from tests.training.test_training_state import whole

ME = os.getpid(), born(psutil.Process())
STEPS = 40
WAYS: Sequence[dict[str, Any]] = (
    {"optimizer": "adam", "schedule": "cosine", "precision": "float16", "lr": 0.01},
    {"schedule": "step", "warmup_steps": 10, "augment": "crop_flip", "evaluate_every": 7},
    {"optimizer": "adamw", "precision": "bfloat16", "label_smoothing": 0.1, "subset": 60},
)


def is_parked(lab: Lab, run_id: str) -> bool:
    return lab.get(run_id).status == "paused" and process_of(lab, run_id) is None


def check_bits(lab: Lab, run_id: str, spec: RunSpec) -> None:
    """All that the run has on record, and its last weights, are those of one never broken off."""
    expected, weights = whole(spec)
    found = lab.records(run_id)
    assert [record.step for record in found] == list(range(len(found)))
    for one, other in zip(expected, found, strict=True):
        assert _values(one) == _values(other), f"at step {one.step}"
    kept = load_file(checkpoint_index.file_of(lab.home, run_id, spec.steps))
    assert {name: t.numpy().tobytes() for name, t in kept.items()} == {
        name: t.numpy().tobytes() for name, t in weights.items()
    }


def _values(record: StepRecord) -> dict[str, bytes | float]:
    values = {name: value.tobytes() for name, value in record.values.items()}
    return {**values, "loss": record.loss, "accuracy": record.accuracy}


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_race_that_is_parked_goes_on_bit_for_bit(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused, parked, stepped, parked again, resumed; the app is begun anew in between."""
    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "3")
    specs = [tiny_spec(steps=STEPS, **way) for way in WAYS]
    race = lab.race(specs, pace=20)
    runs = [run.id for run in lab.race_runs(race)]
    wait_until(lambda: min(lab.get(run).steps_done for run in runs) > 3)
    lab.pause(race)
    wait_until(lambda: all(is_parked(lab, run) for run in runs))
    launcher_client.dismiss_launcher(lab.home)
    lab = Lab(lab.home)
    assert len(list(saved_states.folder(lab.home).iterdir())) == 3
    assert all(run.status == "paused" and not run.message for run in lab.race_runs(race))
    before = [lab.get(run).steps_done for run in runs]
    lab.step(race)
    wait_until(lambda: [lab.get(run).steps_done for run in runs] == [n + 1 for n in before])
    wait_until(lambda: all(is_parked(lab, run) for run in runs))
    lab.slow(race, None)
    lab.resume(race)
    wait_until(lambda: all(lab.get(run).is_over for run in runs))
    for run, spec in zip(runs, specs, strict=True):
        assert (lab.get(run).status, lab.get(run).steps_done) == ("finished", STEPS)
        check_bits(lab, run, spec)
        seconds = [record.seconds for record in lab.records(run)]
        assert seconds == sorted(seconds)
        assert [one.step for one in lab.checkpoints(run)] == [STEPS]
    assert not list(saved_states.folder(lab.home).iterdir())


class Desk:
    """A run whose worker is the test's own process, or a child of it that may be killed."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.spec = lab, tiny_spec(steps=12, optimizer="adam", lr=0.01)
        self.id = lab.start(self.spec)
        self.store = Store(lab.home)

    def pause_at(self, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pause the run once it has done so many steps."""
        done = RunWriter.write

        def write(writer: RunWriter) -> None:
            newest = [record.step + 1 for record in writer._pending[-1:]]
            done(writer)
            if newest == [step]:
                self.lab.pause(self.id)

        monkeypatch.setattr(RunWriter, "write", write)
        monkeypatch.setattr("resnet_viz.workers.run_writer.WRITE_SECONDS", 0.0)

    def work(self) -> None:
        """Be its worker until the run ends or gives the process up."""
        with self.store.session() as connection:
            query = "UPDATE runs SET pid = ?, pid_created = ? WHERE id = ?"
            connection.execute(query, (*ME, self.id))
            Worker(connection, self.id, self.lab.home).run()

    def work_and_be_killed(self, where: Callable[[Callable[[], NoReturn]], None]) -> bool:
        """The same in a child, which `where` has killed somewhere; whether it was."""
        child = os.fork()
        if not child:
            try:
                where(lambda: os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[arg-type,return-value]
                main(self.id)
            finally:
                os._exit(0)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(Worker, "_prepare", lambda worker: "cpu")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "0")
    return Desk(Lab(tmp_path))


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
    where = GIVING_UP.get(moment) or _after(parking, "give_up_with")
    if moment == "when all is done":
        where = _raised_after_commit
    assert desk.work_and_be_killed(where)
    is_paused = moment == "when all is done"
    run = desk.lab.get(desk.id)
    assert (run.status, run.steps_done) == ("paused" if is_paused else "interrupted", 5)
    expected = list(train(desk.spec))
    found = desk.lab.records(desk.id)
    assert list(map(_values, found)) == list(map(_values, expected[:5]))
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


@pytest.mark.usefixtures("one_thread")
def test_a_parked_run_is_stopped_deleted_and_taken_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.pause_at(5, monkeypatch)
    desk.work()
    lab, store_bytes = desk.lab, desk.lab.bytes
    file = saved_states.file_of(lab.home, desk.id)
    size = file.stat().st_size
    bytes_paused = lab.get(desk.id).bytes
    assert store_bytes > size
    assert bytes_paused > size, "the state is among what the run takes"
    with pytest.raises(ValueError, match="under way; stop it"):
        lab.delete(desk.id)
    lab.export(desk.id, tmp_path / "file")
    brought = lab.import_(tmp_path / "file")
    (copy,) = lab.race_runs(brought)
    assert (copy.status, copy.steps_done) == ("interrupted", 5)
    assert [one.step for one in lab.checkpoints(copy.id)] == [5], "with the weights it has"
    lab.stop(desk.id)
    assert lab.get(desk.id).status == "stopped"
    assert lab.get(desk.id).bytes == bytes_paused - size
    assert not file.exists()
    kept = load_file(checkpoint_index.file_of(lab.home, desk.id, 5))
    state = {name: tensor.numpy().tobytes() for name, tensor in kept.items()}
    nets: list[Any] = []
    for record in train(desk.spec, built=nets.append):
        if record.step == 4:
            break
    assert state == {name: t.numpy().tobytes() for name, t in nets[0].state_dict().items()}
    lab.delete(desk.id)
    with pytest.raises(ValueError, match="there is no run"):
        lab.get(desk.id)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_a_state_that_is_lost_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    with monkeypatch.context() as patch:
        desk.pause_at(5, patch)
        desk.work()
    file = saved_states.file_of(desk.lab.home, desk.id)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    desk.lab.resume(desk.id)
    desk.work()
    run = desk.lab.get(desk.id)
    assert (run.status, run.steps_done) == ("failed", 5)
    assert "saved state" in run.message
    assert len(desk.lab.records(desk.id)) == 5


def test_where_there_is_no_room_the_process_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(saved_states, "MOST_BYTES", 1000)
    desk.pause_at(5, monkeypatch)
    renew = Patience.renew

    def renew_and_resume(patience: Patience) -> None:
        renew(patience)
        monkeypatch.setenv(VARIABLE, "100")
        desk.lab.resume(desk.id)

    monkeypatch.setattr(Patience, "renew", renew_and_resume)
    desk.work()
    assert desk.lab.get(desk.id).status == "finished"
    assert "all together may take 1 kB" in capsys.readouterr().err
    assert not list(saved_states.folder(desk.lab.home).glob("*"))


HELD = {"status": "paused", "control": "pause", "pid": ME[0], "pid_created": ME[1]}
# Who counts, who is looked at, and who has which share: rows alone.


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A store in whose folder nobody begins a worker."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    with Store(tmp_path).session() as connection:
        yield connection


def put(connection: sqlite3.Connection, count: int, **columns: Any) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(f"run-{connection.execute('SELECT count(*) FROM runs').fetchone()[0]}")
        insert(connection, "runs", {**new_row(ids[-1], None, 0, tiny_spec()), **columns})
    return ids


def test_what_is_looked_at_keeps_its_process(
    rows: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(parking.time, "monotonic", lambda: clock[0])
    (run_id,) = put(rows, 1, **HELD)
    lab = Lab(tmp_path)
    monkeypatch.setattr(lab, "race_runs", lambda race: [lab.get(run_id)])
    patience, feed = Patience(rows, 1), Feed(lab, "race")
    for minute in range(20):
        feed.look()
        feed.expire()
        clock[0] += 60
        assert not patience.is_over(), minute
    clock[0] += parking.DEFAULT_SECONDS - 61
    assert not patience.is_over()
    clock[0] += 62
    assert patience.is_over()


def test_a_look_is_written_down_twice_a_minute_at_most(
    rows: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paused, other) = put(rows, 2, **HELD)
    rows.execute("UPDATE runs SET status = 'running', control = 'run' WHERE id = ?", (other,))
    lab, marks = Lab(tmp_path), []
    monkeypatch.setattr(lab, "look_at", marks.append)
    feed = Feed(lab, (paused, other))
    for _ in range(20):
        feed.look()
        feed.expire()
    assert marks == [[paused]]


def test_of_many_that_are_looked_at_the_newest_keep_their_processes(
    rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(parking.time, "monotonic", lambda: clock[0])
    put(rows, MOST_WARM + 3, **HELD)
    rows.execute("UPDATE runs SET looked = 1000 + (position * 7) % 11")
    newest = rows.execute("SELECT position FROM runs ORDER BY looked DESC, position DESC")
    order = [row[0] for row in newest]
    patiences = {position: Patience(rows, position) for position in order}
    assert not any(one.is_over() for one in patiences.values()), "a press of Resume may come soon"
    clock[0] += 5
    over = [position for position in order if patiences[position].is_over()]
    assert over == order[MOST_WARM:]


def test_single_steps_of_many_are_done_a_few_at_a_time(rows: sqlite3.Connection) -> None:
    """They need no place: else a press would begin as many processes as a race has runs."""
    put(rows, 3, **HELD)
    wanted = put(rows, 30, status="paused", control="pause", extra_steps=1)
    first = list(due(select_runs(rows, BUSY)))
    assert first == wanted[: MOST_STEPPING - 3]
    rows.execute("UPDATE runs SET pid = ?, pid_created = ? WHERE extra_steps = 1", ME)
    assert not list(due(select_runs(rows, BUSY)))
    rows.execute("UPDATE runs SET pid = NULL WHERE position > 8")
    assert list(due(select_runs(rows, BUSY))) == wanted[5 : 5 + MOST_STEPPING - 8]


def test_those_without_a_process_take_nobody_s_place(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    put(rows, MOST_ACTIVE, status="paused", control="pause", started=1.0)
    lab = Lab(tmp_path)
    lab.start(tiny_spec())
    lab.race([tiny_spec()] * (MOST_ACTIVE // 2))
    rows.execute("UPDATE runs SET pid = ?, pid_created = ? WHERE position = 1", ME)
    with pytest.raises(ValueError, match=f"{MOST_ACTIVE // 2 + 2} runs.*at most {MOST_ACTIVE}"):
        lab.race([tiny_spec()] * (MOST_ACTIVE // 2 - 1))


def test_a_visitor_has_a_share_of_the_queue_and_of_the_paused(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    lab = Lab(tmp_path)
    for _ in range(6):
        lab.pause(lab.race([tiny_spec()] * 5, asker="hostile"))
    with pytest.raises(ValueError, match=f"you have 30 runs.*each visitor may have {SHARE}"):
        lab.race([tiny_spec()] * 5, asker="hostile")
    lab.race([tiny_spec()] * 5, asker="another")
    lab.race([tiny_spec()] * 32)
    for run in lab.list()[-5:]:
        lab.stop(run.id)
    lab.race([tiny_spec()] * 5, asker="hostile")


def test_nobody_misses_a_launcher_for_them(rows: sqlite3.Connection, tmp_path: Path) -> None:
    """They do not keep it from going, and are not out of its care when it is gone."""
    (run_id,) = put(rows, 1, status="paused", control="pause", started=1.0, heartbeat=1.0)
    lab = Lab(tmp_path)
    assert (lab.get(run_id).status, lab.get(run_id).message) == ("paused", "")
    assert not Dispatcher(Store(tmp_path), Stillborn()).is_needed()
    launcher_client.fail_waiting(Store(tmp_path), "no room")
    assert lab.get(run_id).status == "paused"
    lab.resume(run_id)
    assert (lab.get(run_id).status, lab.get(run_id).message) == ("queued", "Goes on in a moment.")
    assert Dispatcher(Store(tmp_path), Stillborn()).is_needed()


def test_a_worker_that_gave_up_its_run_has_not_lost_it(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    """Its process ends, and the launcher sees that; by then the run may have been resumed."""
    brood = Stillborn()
    dispatcher = Dispatcher(Store(tmp_path), brood)
    first, second = put(rows, 2)
    for task in dispatcher._due(rows):
        dispatcher._begin(task)
        break
    rows.execute("UPDATE runs SET attempts = attempts + 1 WHERE id = ?", (first,))
    dispatcher._note_ended(rows, brood.ended())
    lab = Lab(tmp_path)
    assert lab.get(first).status == "queued"
    assert second


def test_a_worker_that_dies_before_it_takes_up_a_parked_run_loses_nothing(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    brood = Stillborn()
    dispatcher = Dispatcher(Store(tmp_path), brood)
    (run_id,) = put(rows, 1, status="paused", control="pause", started=1.0, steps_done=5)
    saved_states.write_down(rows, 1, 5, 1000)
    lab = Lab(tmp_path)
    for again in (lab.resume, lab.step):
        again(run_id)
        for task in dispatcher._due(rows):
            dispatcher._begin(task)
        dispatcher._note_ended(rows, brood.ended())
        assert lab.get(run_id).status == "paused"
        assert lab.get(run_id).message
        brood.begun.clear()
    lab.resume(run_id)
    launcher_client.fail_waiting(Store(tmp_path), "no process can be started")
    assert (lab.get(run_id).status, lab.get(run_id).message) == (
        "paused",
        "no process can be started",
    )
    assert Snapshot.take(rows).rows[0]["state_step"] == 5


def test_the_end_of_a_run_is_that_of_its_state(rows: sqlite3.Connection, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for position, run_id in enumerate(put(rows, 3, status="paused", control="pause"), start=1):
        before = lab.get(run_id).bytes
        file = saved_states.file_of(tmp_path, run_id)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x" * 1000)
        saved_states.write_down(rows, position, 5, 1000)
        assert lab.get(run_id).bytes == before + 1000
    saved_states.sweep(rows, tmp_path)
    assert len(list(saved_states.folder(tmp_path).iterdir())) == 3
    (saved_states.folder(tmp_path) / ".run-9.part").write_bytes(b"a draft under way")
    lab.stop("run-0")
    rows.execute("UPDATE runs SET status = 'failed' WHERE id = 'run-1'")
    assert [run.bytes for run in lab.list()] == [before + 1000, before, before]
    saved_states.sweep(rows, tmp_path)
    there = {file.name for file in saved_states.folder(tmp_path).iterdir()}
    assert there == {"run-2.pt", ".run-9.part"}
    os.utime(saved_states.folder(tmp_path) / ".run-9.part", (1, 1))
    saved_states.sweep(rows, tmp_path)
    assert len(list(saved_states.folder(tmp_path).iterdir())) == 1


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
    expected = list(map(_values, train(spec)))
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
            found = list(map(_values, lab.records(run_id)))
            assert found in (expected[: len(found)], unended[: len(found)])
        status = lab.get(run_id).status
        ended[status] += 1
        assert status == "finished" or kills_of_run, "what nobody killed is not interrupted"
        if status == "finished":
            assert list(map(_values, lab.records(run_id))) == expected
    wait_until(lambda: not workers(lab))
    with Store(lab.home).session() as connection:
        saved_states.sweep(connection, lab.home)
    assert not list(saved_states.folder(lab.home).glob("*.pt"))
