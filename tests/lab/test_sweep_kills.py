"""A sweep whose launcher, workers and server are killed goes on to the same table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from tests.lab.test_sweeps import finished
from tests.labs import launcher_of, process_of, tiny_spec, wait_until
from tests.launchers import end_launchers

SPEC = SweepSpec(
    base=tiny_spec(steps=40), axes={"lr": (0.1, 0.01, 1e6), "plain": (False, True)}, seeds=(0,)
)
TIMES = ["run_id", "step_seconds"]
_SERVER = """
import sys, time
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
print(Lab(sys.argv[1]).sweep(SweepSpec.model_validate_json(sys.argv[2])), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_killed_in_the_middle_it_ends_with_the_table_of_one_that_was_not(tmp_path: Path) -> None:
    quiet, lab = Lab(tmp_path / "quiet"), Lab(tmp_path / "killed")
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(lab.home), SPEC.model_dump_json()],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    sweep_id = server.stdout.readline().strip()

    def cell_with(status: str, steps: int) -> str:
        cells = lab.get_sweep(sweep_id).cells
        found = (c.run_id for c in cells if c.status == status and c.steps_done > steps)
        return str(next(found, ""))

    wait_until(lambda: bool(cell_with("running", 2)))
    server.kill()
    server.wait()
    worker = process_of(lab, cell_with("running", 0))
    if worker is not None:
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: bool(cell_with("finished", 0)))
    os.kill(launcher_of(lab).pid, signal.SIGKILL)

    killed = lab.sweep_table(finished(lab, sweep_id).id)
    end_launchers(lab.home)
    table = quiet.sweep_table(finished(quiet, quiet.sweep(SPEC)).id)
    end_launchers(quiet.home)
    assert_frame_equal(killed.drop(columns=TIMES), table.drop(columns=TIMES))
    assert list(table["status"]) == ["finished"] * 4 + ["stopped"] * 2
    hopeless = lab.get_sweep(sweep_id).cells[4]
    assert hopeless.message.startswith("Ended early: the loss was not a finite number in 5 steps")
    assert len(lab.records(str(hopeless.run_id))) == hopeless.steps_done < 40
