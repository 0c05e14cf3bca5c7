"""Tiny nets, a Lab of its own for each test, and waiting for workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from tests.launchers import end_launchers

TINY = ResNetConfig(depths=(1, 1), widths=(4, 8), stem="cifar", shortcut="zero_pad")
ENDLESS = 1_000_000
# A worker imports torch, which takes seconds, and many on a machine that is busy.
PATIENCE_SECONDS = 90.0


def tiny_spec(**changes: Any) -> RunSpec:
    """A run that takes a few milliseconds a step."""
    return RunSpec(**({"config": TINY, "batch_size": 16, "steps": 20, "device": "cpu"} | changes))


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look often until `holds`, and fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A Lab in a new folder; no process outlives the test."""
    one = Lab(tmp_path / "home")
    yield one
    end(one)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As workers have: with more, sums come out in another order. Denormals count again after."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def end(lab: Lab) -> None:
    """Stop all runs, and end the launcher."""
    for run in lab.list():
        if not run.is_over:
            lab.stop(run.id)
    end_launchers(lab.home)  # one that is still starting would not be dismissed
