"""The devices of this machine, asked of a process of its own: whoever asks loads no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from resnet_viz.experiments.devices import check_there, expected_device

_PACKAGE_FOLDER = Path(__file__).parents[2]
_SECONDS = 120


@dataclass(frozen=True)
class Devices:
    """Each device's name with what it is and the bytes free on it; `auto` is the best of them."""

    auto: str
    names: Mapping[str, str]
    free: Mapping[str, int]

    def describe(self, device: str) -> str:
        """Such as "cpu, 2 cores"; the name itself where nothing is known of it."""
        name = self.auto if device == "auto" else device
        return self.names.get(name, name)


def ask_devices() -> Devices | None:
    """The devices, after seconds, for a process of its own loads torch; None where that fails."""
    command = [sys.executable, "-m", "resnet_viz.training.torch_devices"]
    try:
        done = subprocess.run(
            command, cwd=_PACKAGE_FOLDER, capture_output=True, timeout=_SECONDS, check=True
        )
        answer = json.loads(done.stdout)
        free = {name: int(memory["free"]) for name, memory in answer["memory"].items()}
        return Devices(answer["auto"], answer["devices"], free)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def free_bytes(device: str) -> int | None:
    """Bytes free on `device` now; None where that cannot be found out.

    A GPU is asked by a process of its own, which takes seconds; Apple's shares the computer's.

    Raises:
        ValueError: for a device that is not there.
    """
    name = expected_device(device)
    if name == "cpu" or (device, name) == ("auto", "mps"):
        return int(psutil.virtual_memory().available)
    devices = ask_devices()
    if devices is None:
        return None
    if device != "auto":
        check_there(device, name, devices.names)
    return devices.free.get(name)
