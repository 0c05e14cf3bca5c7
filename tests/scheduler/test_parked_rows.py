"""Paused runs as rows: who counts, who is looked at, and who has which share."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.scheduler import launcher_client, parking
from resnet_viz.scheduler.parking import MOST_STEPPING, MOST_WARM, Patience
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.submit import GUARANTEED, MOST_ACTIVE, MOST_IN_ALL, SHARE
from resnet_viz.store import saved_states
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, new_row
from resnet_viz.store.runs_table import BUSY, select_runs
from resnet_viz.workers.dispatcher import Dispatcher, due
from tests.labs import Stillborn, tiny_spec
from tests.scheduler.parked import ME

HELD = {"status": "paused", "control": "pause", "pid": ME[0], "pid_created": ME[1]}


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
    first = [row["id"] for row in due(select_runs(rows, BUSY))]
    assert first == wanted[: MOST_STEPPING - 3]
    rows.execute("UPDATE runs SET pid = ?, pid_created = ? WHERE extra_steps = 1", ME)
    assert not [row["id"] for row in due(select_runs(rows, BUSY))]
    rows.execute("UPDATE runs SET pid = NULL WHERE position > 8")
    assert [row["id"] for row in due(select_runs(rows, BUSY))] == wanted[5 : 5 + MOST_STEPPING - 8]


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


def test_who_fills_the_queue_locks_nobody_out(rows: sqlite3.Connection, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for visitor in ("one", "two"):
        lab.race([tiny_spec()] * SHARE, asker=visitor)
    assert len(lab.list()) == MOST_ACTIVE
    with pytest.raises(ValueError, match=f"{MOST_ACTIVE} runs.*at most {MOST_ACTIVE}"):
        lab.race([tiny_spec()] * (GUARANTEED + 1), asker="three")
    lab.race([tiny_spec()] * GUARANTEED, asker="three")
    with pytest.raises(ValueError, match=f"at most {MOST_ACTIVE}"):
        lab.race([tiny_spec()], asker="three")
    for number in range((MOST_IN_ALL - MOST_ACTIVE) // GUARANTEED - 1):
        lab.race([tiny_spec()] * GUARANTEED, asker=f"visitor {number}")
    with pytest.raises(ValueError, match=f"{MOST_IN_ALL} runs.*at most {MOST_IN_ALL}"):
        lab.race([tiny_spec()], asker="one too many")


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
    pool = Stillborn()
    dispatcher = Dispatcher(Store(tmp_path), pool)
    first, second = put(rows, 2)
    for task in dispatcher._due_tasks(rows):
        dispatcher._start(task)
        break
    rows.execute("UPDATE runs SET attempts = attempts + 1 WHERE id = ?", (first,))
    for task in pool.reap_workers():
        task.end(rows, tmp_path)
    lab = Lab(tmp_path)
    assert lab.get(first).status == "queued"
    assert second


def test_a_worker_that_dies_before_it_takes_up_a_parked_run_loses_nothing(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    pool = Stillborn()
    dispatcher = Dispatcher(Store(tmp_path), pool)
    (run_id,) = put(rows, 1, status="paused", control="pause", started=1.0, steps_done=5)
    saved_states.write_down(rows, 1, 5, 1000)
    lab = Lab(tmp_path)
    for again in (lab.resume, lab.step):
        again(run_id)
        for task in dispatcher._due_tasks(rows):
            dispatcher._start(task)
        for task in pool.reap_workers():
            task.end(rows, tmp_path)
        assert lab.get(run_id).status == "paused"
        assert lab.get(run_id).message
        pool.started.clear()
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
