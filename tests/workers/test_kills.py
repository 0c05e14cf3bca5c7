"""SIGKILL at random moments: no record that was shown is lost, no status lies, nothing is left.

RESNET_VIZ_NIGHTLY=1 kills ten times as many.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.kills import storm
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_lock
from resnet_viz.store.runs_table import OVER
from tests.configs import examples
from tests.labs import end, tiny_spec, wait_until, workers

pytestmark = [
    pytest.mark.flaky(reruns=1, reason="processes: launchers and workers that are killed"),
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows"),
]


def test_workers_and_launchers_killed_at_any_moment(lab: Lab) -> None:
    chance = random.Random(0)
    killed, launchers = set(), 0
    wanted = examples(4)
    shown: dict[str, dict[int, StepRecord]] = {}
    statuses: dict[str, str] = {}
    deadline = time.monotonic() + 30 * wanted
    while len(killed) < wanted:
        assert time.monotonic() < deadline, "runs wait, and nobody begins their workers"
        while sum(not run.is_over for run in lab.list()) < 4:
            lab.start(tiny_spec(steps=400, seed=chance.randrange(1000)))
        until = time.monotonic() + chance.random()
        while time.monotonic() < until:
            look(lab, shown, statuses)
        one = launcher_lock.holder(lab.home)
        process = one.process if one else None
        # One that is still beginning, which takes long on a busy machine, is let off more often.
        if process is not None and chance.random() < (0.2 if workers(lab) else 0.03):
            process.kill()
            launchers += 1
        for process in workers(lab):
            if process.pid not in killed and chance.random() < 0.5:
                process.kill()
                killed.add(process.pid)
    lab.start(tiny_spec(steps=5))  # begins a launcher, if there is none
    wait_until(lambda: all(run.is_over for run in lab.list()))
    look(lab, shown, statuses)
    assert {run.status for run in lab.list()} <= {"finished", "interrupted"}
    assert sum(run.status == "interrupted" for run in lab.list()) >= wanted // 2
    for run in lab.list():
        complete = run.steps_done == run.steps
        assert complete or run.status == "interrupted", "a run that ended early says so"
    assert launchers or wanted < 30
    end(lab)
    mine = psutil.Process()
    wait_until(lambda: not [p for p in mine.children(recursive=True) if is_ours(p, lab)], 20)


def test_no_process_is_left_behind_whichever_is_killed(tmp_path: Path) -> None:
    """`python -m benchmarks.kills` kills 300, servers among them."""
    wanted = examples(4)
    tally = storm(tmp_path / "home", wanted, kinds=("launcher", "helper", "worker"), patience=10)
    assert tally.is_clean, tally
    assert tally.killed.total() == wanted
    assert tally.most >= 2


def look(lab: Lab, shown: dict[str, dict[int, StepRecord]], statuses: dict[str, str]) -> None:
    """Everything that is there now, beside all that was there before."""
    for run in [lab.get(run.id) for run in lab.list()]:  # whoever looks closely brings help
        before = shown.setdefault(run.id, {})
        records = lab.records(run.id)
        assert [record.step for record in records] == list(range(len(records)))
        assert len(records) >= len(before), "what was shown is still there"
        for record in records:
            known = before.setdefault(record.step, record)
            assert known.loss == record.loss or known.loss != known.loss
            assert known.grad_norm.tobytes() == record.grad_norm.tobytes()
        earlier = statuses.get(run.id, "queued")
        assert earlier not in OVER or run.status == earlier, "what is over stays over"
        statuses[run.id] = run.status


def is_ours(process: psutil.Process, lab: Lab) -> bool:
    try:
        return process.environ().get("RESNET_VIZ_HOME") == str(lab.home)
    except psutil.Error:
        return False
