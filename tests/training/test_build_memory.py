"""The memory that a build is said to take: the net's own, in whichever process it is measured."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset

# As a launcher's workers are: forked from a process that has imported torch, and one of them has
# run a small net before.
MEASURE = """
import os
from resnet_viz.arch.presets import preset
from resnet_viz.training.build_benchmark import measure_build
from resnet_viz.workers import job_worker

job_worker.load()
for is_warm in (False, True):
    if (pid := os.fork()) == 0:
        if is_warm:
            job_worker.warm()
        print(measure_build(preset("resnet20-cifar"), "cpu", 8).peak_memory_bytes, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are not forked")
def test_what_a_build_takes_is_the_same_in_a_new_process_and_in_one_that_has_run_a_net() -> None:
    """The new one reads torch's code from its files, which took 40 MB beside a net's 20."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    new, warm = map(int, done.stdout.split())
    assert new == pytest.approx(warm, rel=0.3)
    network = plan(preset("resnet20-cifar"))
    needs = 2 * 4 * network.params + network.activation_bytes(8)
    assert all(0.9 * needs < peak < 2 * needs for peak in (new, warm))
