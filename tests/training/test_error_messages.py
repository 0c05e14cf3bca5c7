import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.training.error_messages import is_out_of_memory, sentence
from tests.labs import tiny_spec, wait_until
from tests.launchers import end_launchers

SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has ..."),
    MemoryError(),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
        "memory: you tried to allocate 1 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes."),
    RuntimeError("MPS backend out of memory (MPS allocated: 8 GB, max allowed: 9 GB)."),
    RuntimeError("Invalid buffer size: 64.00 GB"),
]


@pytest.mark.parametrize("error", SHORT, ids=lambda e: type(e).__name__)
def test_a_failed_allocation_is_one_sentence(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert sentence(error, "cpu", 64) == (
        "Out of memory on cpu: the net with batch 64 needs more than there is; choose a smaller "
        "batch, net or image."
    )


def test_torch_itself_says_it_in_a_way_that_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)


def test_other_errors_keep_the_line_that_says_it() -> None:
    assert sentence(ValueError("device = 'cuda' is not there"), "cpu", 1).startswith("device =")
    failed = RuntimeError("CUDA error: x\nCompile with Y for more")
    assert sentence(failed, "cuda:0", 1) == "RuntimeError: CUDA error: x"
    assert sentence(ZeroDivisionError(), "cpu", 1) == "ZeroDivisionError"
    assert not is_out_of_memory(StoreError("the disk is full"))
    assert not is_out_of_memory(ValueError("buffer size"))


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a tiny disk")
def test_a_run_whose_disk_fills_up_says_so(tmp_path: Path) -> None:
    """Neither the store nor the worker's log can take its last words then."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a tiny disk here")
    lab = Lab(disk / "home")
    try:
        run_id = lab.start(tiny_spec(steps=100_000, measure_every=1))
        wait_until(lambda: lab.get(run_id).is_over)
        run = lab.get(run_id)
        assert (run.status, run.steps_done) == ("interrupted", len(lab.records(run_id)))
        assert run.steps_done > 0
        assert run.message == (
            f"The worker process ended: there is no space left on the disk with {lab.home}."
        )
    finally:
        end_launchers(lab.home)
        subprocess.run(["umount", "-l", str(disk)], check=True)
