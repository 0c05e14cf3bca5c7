"""The devices there are. `python -m resnet_viz.training.torch_devices` prints them as JSON."""

from __future__ import annotations

import json
import platform

import psutil
import torch

from resnet_viz.experiments.devices import check_there, cores
from resnet_viz.experiments.spec_rules import check_device_name


def available() -> tuple[str, ...]:
    """Names of the devices there are, the best first and "cpu" last."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return (*cuda, *mps, "cpu")


def resolve(device: str = "auto") -> torch.device:
    """The device that `device` means; "auto" is the first of cuda, mps and cpu that is there.

    Raises:
        ValueError: for a name that is none, or a device that is not there.
    """
    try:
        check_device_name(device)
    except ValueError as error:
        raise ValueError(f"device = {device!r}: {error}") from error
    there = available()
    name = {"auto": there[0], "cuda": "cuda:0"}.get(device, device)
    check_there(device, name, there)
    return torch.device(name)


def describe(device: torch.device) -> str:
    """What the device is, such as "cpu, 2 cores" or "cuda:0, NVIDIA H100"."""
    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return f"mps, {platform.processor() or 'Apple'} GPU"
    count = cores()
    return f"cpu, {count} core{'s' if count > 1 else ''}"


def memory(device: torch.device) -> dict[str, int]:
    """Bytes in all ("total") and now ("free"); Apple's GPU shares the computer's memory."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return {"total": total, "free": free}
    whole = psutil.virtual_memory()
    return {"total": whole.total, "free": whole.available}


def report() -> dict[str, object]:
    """What "auto" is, and each device's name with its description and its memory."""
    devices = {name: torch.device(name) for name in available()}
    return {
        "auto": available()[0],
        "devices": {name: describe(device) for name, device in devices.items()},
        "memory": {name: memory(device) for name, device in devices.items()},
    }


if __name__ == "__main__":
    print(json.dumps(report()))
