"""A sweep whose launcher, workers and server are killed, or whose computer's clock is set back,
goes on to the same table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from tests.lab.test_sweeps import tiny_sweep
from tests.labs import launcher_of, process_of, tiny_spec, wait_until
from tests.launchers import end_launchers

SPEC = SweepSpec(
    base=tiny_spec(steps=40), axes={"lr": (0.1, 0.01, 1e6), "plain": (False, True)}, seeds=(0,)
)
ROOT = Path(__file__).parents[2]
TIMES = ["run_id", "step_seconds"]
PATIENCE_SECONDS = 1200.0
DAY_SECONDS = 24 * 3600
_SERVER = """
import sys, time
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
print(Lab(sys.argv[1]).sweep(SweepSpec.model_validate_json(sys.argv[2])), flush=True)
time.sleep(6000)
"""
FAKETIME = next(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"), None)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")


@contextmanager
def server(lab: Lab, spec: SweepSpec, settings: Mapping[str, str]) -> Iterator[str]:
    """A process that begins the sweep, or goes on with it, and is killed; the sweep's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(lab.home), spec.model_dump_json()],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | settings,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def cells_with(lab: Lab, sweep_id: str, status: str, steps: int = 0) -> list[str]:
    """The runs of the cells with this status and more than so many steps."""
    cells = lab.get_sweep(sweep_id).cells
    return [str(c.run_id) for c in cells if c.status == status and c.steps_done > steps]


def check_equal_to_a_quiet_one(lab: Lab, sweep_id: str, spec: SweepSpec, quiet: Lab) -> None:
    """Equal in each value that was measured, to the last digit."""
    wait_until(lambda: lab.get_sweep(sweep_id).status == "finished", PATIENCE_SECONDS)
    end_launchers(lab.home)
    other = quiet.sweep(spec)
    wait_until(lambda: quiet.get_sweep(other).status == "finished", PATIENCE_SECONDS)
    end_launchers(quiet.home)
    tables = lab.sweep_table(sweep_id), quiet.sweep_table(other)
    assert_frame_equal(*(table.drop(columns=TIMES) for table in tables), check_exact=True)


def test_killed_in_the_middle_it_ends_with_the_table_of_one_that_was_not(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "killed")
    with server(lab, SPEC, {}) as sweep_id:
        wait_until(lambda: bool(cells_with(lab, sweep_id, "running", 2)))
    (worker, *_) = (process_of(lab, run) for run in cells_with(lab, sweep_id, "running"))
    if worker is not None:
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: bool(cells_with(lab, sweep_id, "finished")))
    os.kill(launcher_of(lab).pid, signal.SIGKILL)

    check_equal_to_a_quiet_one(lab, sweep_id, SPEC, Lab(tmp_path / "quiet"))
    table = lab.sweep_table(sweep_id)
    assert list(table["status"]) == ["finished"] * 4 + ["stopped"] * 2
    hopeless = lab.get_sweep(sweep_id).cells[4]
    assert hopeless.message.startswith("Ended early: the loss was not a finite number in 5 steps")
    assert len(lab.records(str(hopeless.run_id))) == hopeless.steps_done < 40


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(tiny_sweep(base=tiny_spec(steps=150), seeds=(0, 1)), id="eight cells"),
        pytest.param(
            ready_sweeps()["degradation"].spec,
            id="sixty cells",
            marks=pytest.mark.skipif(
                not os.environ.get("RESNET_VIZ_NIGHTLY"), reason="minutes of both cores"
            ),
        ),
    ],
)
def test_server_and_launcher_killed_and_the_clock_set_back_two_days(
    spec: SweepSpec, tmp_path: Path
) -> None:
    """Each a while after the other: the launcher and the workers that are under way when the clock
    is set back go on."""
    lab, clock = Lab(tmp_path / "killed"), tmp_path / "clock"
    settings = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/lab/faked_clock")]),
    }
    clock.write_text("+0")
    third = len(spec) // 3
    with server(lab, spec, settings) as sweep_id:
        wait_until(lambda: bool(cells_with(lab, sweep_id, "running", 2)))
    wait_until(lambda: len(cells_with(lab, sweep_id, "finished")) >= third // 2, PATIENCE_SECONDS)
    launcher = launcher_of(lab)
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.wait(60)
    with server(lab, spec, settings) as again:
        assert again == sweep_id
        wait_until(
            lambda: (
                len(cells_with(lab, sweep_id, "finished")) >= third
                and bool(cells_with(lab, sweep_id, "running", 2))
            ),
            PATIENCE_SECONDS,
        )
        under_way = cells_with(lab, sweep_id, "running", 2)
        clock.write_text(f"-{2 * DAY_SECONDS}")
        wait_until(lambda: lab.get_sweep(sweep_id).status == "finished", PATIENCE_SECONDS)
    runs = [lab.get(str(cell.run_id)) for cell in lab.get_sweep(sweep_id).cells]
    now = time.time()
    assert {round((now - float(run.started or 0)) / DAY_SECONDS) for run in runs} == {0, 2}
    assert any(run.id in under_way and run.ended < run.started for run in runs)  # type: ignore[operator]
    check_equal_to_a_quiet_one(lab, sweep_id, spec, Lab(tmp_path / "quiet"))
