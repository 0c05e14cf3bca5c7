"""Devices by name: what "auto" most likely is, how many cores there are; no torch."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

DEVICE_NAMES = "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:1, mps."
_ACCELERATOR_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def cores() -> int:
    """CPU cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def expected_device(asked: str) -> str:
    """The device that `asked` ("auto", "cuda", or a name) most likely is."""
    if asked == "auto":
        return guess_device()
    return "cuda:0" if asked == "cuda" else asked


@lru_cache(maxsize=1)
def guess_device() -> str:
    """What "auto" most likely is, without torch; a wrong guess costs only a wait."""
    if sys.platform == "darwin":
        return "mps" if platform.machine() == "arm64" else "cpu"
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1")
    if hidden or metadata.version("torch").endswith("+cpu"):
        return "cpu"
    return "cuda:0" if any(Path(file).exists() for file in _ACCELERATOR_FILES) else "cpu"


def check_there(asked: str, name: str, there: Iterable[str]) -> None:
    """ValueError where the device `name`, which `asked` stands for, is not `there`."""
    if name not in there:
        raise ValueError(f"device = '{asked}' is not there; there is: {', '.join(there)}")
