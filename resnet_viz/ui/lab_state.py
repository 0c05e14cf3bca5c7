"""The lab and the devices, shared by all sessions of the server; torch stays out of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from resnet_viz.lab.runs import Lab
from resnet_viz.lab.store import default_home

LOOKING = "looking for devices…"
_SECONDS = 120


@dataclass(frozen=True)
class Devices:
    """The devices of this machine by name, and the one that "auto" is."""

    auto: str
    names: Mapping[str, str]

    def describe(self, device: str) -> str:
        """Such as "cpu, 2 cores"; the name itself where nothing is known of it."""
        name = self.auto if device == "auto" else device
        return self.names.get(name, name)


def open_lab() -> Lab:
    """The lab at RESNET_VIZ_HOME or in the user's data directory.

    Raises:
        StoreError: where its store cannot be used.
    """
    return _lab(default_home())


@st.cache_resource(show_spinner=False)
def _lab(home: Path) -> Lab:
    return Lab(home)


def find_devices() -> Devices | None:
    """The devices there are; None while a process of its own, which has torch, looks for them."""
    search = _device_search()
    return search.result() if search.done() else None


@st.cache_resource(show_spinner=False)
def _device_search() -> Future[Devices]:
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_ask_for_devices)
        pool.shutdown(wait=False)
    return future


def _ask_for_devices() -> Devices:
    command = [sys.executable, "-m", "resnet_viz.lab.devices"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
        answer = json.loads(done.stdout)
        return Devices(answer["auto"], answer["devices"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return Devices("auto", {"auto": "chosen when training begins"})
