"""Nobody waits or works on files in a transaction; a -wal that is deleted in mid-run is said."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.task_table import ERROR_MARK
from resnet_viz.store import checkpoint_index, database, migrations, paths, saved_states
from resnet_viz.store.database import FILE_NAME, Store
from tests.labs import TINY, tiny_spec, wait_until
from tests.scheduler.test_retention import finish, race

WAITS = ("time.sleep", "subprocess.Popen", "socket.connect", "os.system", "os.posix_spawn")
_inside = 0
_found: list[str] = []


FILE_WORK = ("open", "os.remove", "os.mkdir", "os.rmdir", "os.scandir", "os.listdir", "glob.glob")
"""A new name alone is allowed: a state's file gets it with its row."""
QUICK = ("/proc/", "/sys/", "/dev/")
"""What is no file: processes are looked at within transactions."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _inside:
        return
    is_file = event in FILE_WORK and not str(arguments[0]).startswith(QUICK)
    if event in WAITS or is_file:
        _found.append(f"{event} {arguments}")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What waits while this process has a transaction."""
    transaction = migrations.transaction

    @contextmanager
    def watched(connection: object) -> Iterator[None]:
        global _inside  # noqa: PLW0603
        with transaction(connection):  # type: ignore[arg-type]
            _inside += 1
            try:
                yield
            finally:
                _inside -= 1

    for name, module in list(sys.modules.items()):
        if name.startswith("resnet_viz.") and hasattr(module, "transaction"):
            monkeypatch.setattr(module, "transaction", watched)
    sys.addaudithook(_hook)
    sleep = time.sleep

    def slept(seconds: float) -> None:
        _hook("time.sleep", (seconds,))  # of which older Pythons tell no hook
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", slept)
    _found.clear()
    return _found


def test_no_transaction_spans_a_wait(
    tmp_path: Path, waits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    lab = Lab(tmp_path / "home")
    race_id = race(lab, 20, "sent")
    waits.clear()  # of what the test itself does
    lab.rename(race_id, "mine")
    lab.note(race_id, "a note")
    lab.export(race_id, tmp_path / "race.sqlite3")
    lab.delete(lab.import_(tmp_path / "race.sqlite3"))
    waiting = lab.race([tiny_spec(), tiny_spec()])
    for act in (lab.pause, lab.step, lab.resume, lab.stop, lab.delete):
        act(waiting)
    (tmp_path / "home" / f"{FILE_NAME}.corrupt-x").write_bytes(
        (tmp_path / "home" / FILE_NAME).read_bytes()
    )
    lab.recover()
    assert waits == []


def test_no_transaction_spans_work_on_files(
    tmp_path: Path, waits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploads, weights and states that are deleted, logs that are read, results that are packed."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(job_table, "MOST_BYTES", 10)
    monkeypatch.setenv(checkpoint_index.LIMIT_VARIABLE, "4 kB")
    monkeypatch.setenv("RESNET_VIZ_LIMIT", "1 GB")
    lab, store = Lab(tmp_path), Store(tmp_path)
    request = {"config": TINY, "file": "a.pt"}
    over = lab.submit("weights", request, files={"a.pt": b"1234567"})
    lab.cancel_job(over)
    lab.submit("weights", request, files={"a.pt": b"1234567"})  # in the place of the other
    over_run, gone, paused = (lab.start(tiny_spec(name=name)) for name in ("a", "b", "c"))
    finish(lab, [over_run], 1)
    waits.clear()  # of what the test itself does
    states = saved_states.folder(tmp_path)
    states.mkdir()
    (states / "nobodys.pt").write_bytes(bytes(9))
    with store.session() as connection:
        for step in (1, 2):
            file = checkpoint_index.file_of(tmp_path, over_run, step)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(2_000))
            kept = checkpoint_index.Checkpoint(step, 2_000, "")
            checkpoint_index.write_down(connection, 1, kept)
        assert not checkpoint_index.make_room(connection, tmp_path, 1_500)
        saved_states.sweep(connection, tmp_path)
        change = "UPDATE runs SET status = 'running', pid = 1, pid_created = 9e8 WHERE id = ?"
        connection.execute(change, (gone,))
    log = paths.log_file(tmp_path, gone)
    log.write_text(f"{ERROR_MARK}said so\n")
    lab.stop(paused)  # and writes down what has become of others
    lab.pause(gone)
    assert (lab.get(gone).status, lab.get(gone).message) == ("interrupted", "said so")
    assert [folder.name for folder in states.iterdir()] == []
    assert not checkpoint_index.file_of(tmp_path, over_run, 1).exists()
    assert checkpoint_index.file_of(tmp_path, over_run, 2).exists()
    assert waits == []


def test_a_wait_in_a_transaction_would_be_found(tmp_path: Path, waits: list[str]) -> None:
    with Store(tmp_path).writing():
        time.sleep(0.001)
    assert waits
    waits.clear()
    with Store(tmp_path).writing():
        (tmp_path / "file").write_bytes(b"")
    assert waits


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted on Windows")
def test_a_run_whose_store_lost_its_wal_is_over_and_keeps_what_it_measured(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(steps=1_000_000))
    wait_until(lambda: lab.get(run_id).steps_done > 5)
    before = lab.records(run_id)
    (lab.home / f"{FILE_NAME}-wal").unlink()

    def is_over() -> bool:
        try:
            return lab.get(run_id).is_over
        except database.StoreError:  # for a moment
            return False

    wait_until(lambda: is_over() or _is_gone(lab, run_id), 30)
    run = lab.get(run_id)
    assert run.status == "interrupted"
    assert "was deleted while the run went on" in run.message
    after = lab.records(run_id)
    assert [record.loss for record in after[: len(before)]] == [record.loss for record in before]
    assert Lab(lab.home).notice is None


def _is_gone(lab: Lab, run_id: str) -> bool:
    try:
        return lab.get(run_id).status == "interrupted"
    except database.StoreError:
        return False
