"""Freed memory: kept for the next step, or returned; by the pages that the system hands out."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc only")

# Tensors of 4 MiB are made and let go of together, as activations are.
SCRIPT = """
import resource, torch
from resnet_viz.training.malloc import free_at_once, keep_freed
{call}
def faults():
    torch.set_num_threads(1)
    held = [torch.ones(1 << 20) for _ in range(4)]
    del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = [faults() for _ in range(6)]
print(min(after - before for before, after in zip(counts, counts[1:])))
"""


def pages_of_a_round(call: str) -> int:
    command = [sys.executable, "-c", SCRIPT.format(call=call)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_kept_memory_comes_without_new_pages_and_returned_memory_with_them() -> None:
    assert 20 * pages_of_a_round("keep_freed()") < pages_of_a_round("free_at_once()")
