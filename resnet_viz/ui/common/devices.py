"""The devices of this machine, asked of a process of its own: torch stays out of the server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from resnet_viz.lab.memory import free_bytes
from resnet_viz.lab.queue import expected_device

LOOKING = "looking for devices…"
_SECONDS = 120
_PACKAGE_FOLDER = Path(__file__).parents[3]


@dataclass(frozen=True)
class Devices:
    """The devices of this machine by name, and the one that "auto" is.

    `free` are the bytes that were free on each when it was looked at.
    """

    auto: str
    names: Mapping[str, str]
    free: Mapping[str, int] = field(default_factory=dict)

    def describe(self, device: str) -> str:
        """Such as "cpu, 2 cores"; the name itself where nothing is known of it."""
        name = self.auto if device == "auto" else device
        return self.names.get(name, name)


def device_box(key: str) -> str:
    """A choice of device, each named; never waits: at first it offers "auto" alone."""
    devices = find_devices()
    names = ["auto", *(devices.names if devices else ())]
    name: str = st.selectbox(
        "Device",
        list(dict.fromkeys(names)),
        format_func=lambda name: _title(name, devices),
        key=key,
        help="auto takes a CUDA GPU, else Apple's MPS, else the CPU.",
        persist_state="session",
    )
    if devices is None:
        st.fragment(_rerun_when_known, run_every=1)()
    return name


def find_devices() -> Devices | None:
    """The devices there are; None while a process of its own, which has torch, looks for them."""
    search = _search()
    return search.result() if search.done() else None


def free_memory(device: str) -> int | None:
    """Bytes free on `device`; None where that is not known, or not yet.

    The computer's memory as it is now; a GPU's as it was when the server looked for devices.
    """
    name = expected_device(device)
    if not name.startswith("cuda"):
        return free_bytes(name)
    devices = find_devices()
    return devices.free.get(name) if devices else None


def _title(name: str, devices: Devices | None) -> str:
    known = devices.describe(name) if devices else LOOKING
    return f"auto: {known}" if name == "auto" else known


def _rerun_when_known() -> None:
    if find_devices() is not None:
        st.rerun()


@st.cache_resource(show_spinner=False)
def _search() -> Future[Devices]:
    return ThreadPoolExecutor(1, thread_name_prefix="devices").submit(_ask)


def _ask() -> Devices:
    command = [sys.executable, "-m", "resnet_viz.lab.devices"]
    try:
        done = subprocess.run(
            command, cwd=_PACKAGE_FOLDER, capture_output=True, timeout=_SECONDS, check=True
        )
        answer = json.loads(done.stdout)
        free = {name: int(memory["free"]) for name, memory in answer["memory"].items()}
        return Devices(answer["auto"], answer["devices"], free)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return Devices("auto", {"auto": "chosen when training begins"})
