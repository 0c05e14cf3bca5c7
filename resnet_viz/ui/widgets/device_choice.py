"""Device choice: the devices of this machine, asked of a separate process, so that torch stays out
of the server."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from resnet_viz.experiments.devices import cores, expected_device, guess_device
from resnet_viz.scheduler.device_query import Devices, ask_devices, free_bytes

LOOKING = "looking for devices…"
_LACKING = "device_lacking_"
NOT_KNOWN = Devices("auto", {"auto": "chosen when training begins"}, {})


def device_box(key: str) -> str:
    """Draw the choice of device, each named; never waits: at first it offers "auto" alone, beside
    what a link asks for. If this computer turns out to lack that, it becomes "auto", and `lacking`
    says so."""
    devices = find_devices()
    names = ["auto", *(devices.names if devices else ())]
    asked = st.session_state.get(key, "auto")
    if devices is None:
        names.append(asked)
    elif asked not in names:
        st.session_state[key] = "auto"
        st.session_state[_LACKING + key] = asked
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


def lacking(key: str) -> str:
    """Say once that this computer lacks the device that a box was to be set to."""
    name = st.session_state.pop(_LACKING + key, "")
    return f"This computer has no device {name}: auto is chosen instead." if name else ""


def find_devices() -> Devices | None:
    """The devices of this machine; None while a separate process, which has torch, looks for them.

    That takes seconds of a core: a machine that can have no accelerator is not searched.
    """
    if guess_device() == "cpu":
        count = cores()
        name = f"cpu, {count} core{'s' if count > 1 else ''}"
        return Devices("cpu", {"cpu": name}, {"cpu": free_bytes("cpu") or 0})
    search = _search()
    return search.result() if search.done() else None


def free_memory(device: str) -> int | None:
    """The free bytes on `device`; None if unknown, or not known yet.

    The computer's memory as it is now; a GPU's as it was when the server looked for devices.
    """
    name = expected_device(device)
    if not name.startswith("cuda"):
        return free_bytes("cpu")
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
    pool = ThreadPoolExecutor(1, thread_name_prefix="devices")
    return pool.submit(lambda: ask_devices() or NOT_KNOWN)
