"""Which devices this machine has, asked of a process of its own: torch stays out of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parents[2]
LOOKING = "looking for devices..."


def device_box(key: str) -> str:
    """A choice of device, named; never waits: until the answer is there it offers "auto" alone."""
    found = known_devices()
    names = {"auto": f"auto: {found['auto'] if found else LOOKING}"}
    names |= {name: text for name, text in (found or {}).items() if name != "auto"}
    chosen: str = st.selectbox(
        "Device",
        tuple(names),
        format_func=lambda name: names.get(name, name),
        key=key,
        help="auto takes a CUDA GPU, else Apple's MPS, else the CPU.",
    )
    return chosen


def known_devices() -> dict[str, str] | None:
    """Device -> description, with what "auto" stands for; None while still looking."""
    future = _search()
    return future.result() if future.done() else None


@st.cache_resource(show_spinner=False)
def _search() -> Future[dict[str, str]]:
    return ThreadPoolExecutor(1, thread_name_prefix="devices").submit(_ask)


def _ask() -> dict[str, str]:
    command = [sys.executable, "-m", "resnet_viz.lab.devices"]
    done = subprocess.run(
        command, cwd=_FOLDER, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"auto": "unknown: PyTorch could not be asked", "cpu": "cpu"}
    answer = json.loads(done.stdout)
    devices: dict[str, str] = answer["devices"]
    return {"auto": devices[answer["auto"]]} | devices
