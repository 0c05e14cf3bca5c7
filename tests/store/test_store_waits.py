"""Nobody waits inside a transaction, and a store whose -wal is deleted in mid-run says so."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client, worker_turn
from resnet_viz.store import checkpoint_index, database, migrations
from resnet_viz.store.database import FILE_NAME, Store
from tests.labs import tiny_spec, wait_until
from tests.scheduler.test_retention import race

WAITS = ("time.sleep", "subprocess.Popen", "socket.connect", "os.system", "os.posix_spawn")
_inside = 0
_found: list[str] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _inside and event in WAITS:
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

    for module in (migrations, database, checkpoint_index, worker_turn):
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


def test_a_wait_in_a_transaction_would_be_found(tmp_path: Path, waits: list[str]) -> None:
    with Store(tmp_path).writing():
        time.sleep(0.001)
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
