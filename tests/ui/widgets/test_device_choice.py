"""The devices that pages offer."""

from __future__ import annotations

import subprocess

import pytest

from resnet_viz.training import torch_devices as lab_devices
from resnet_viz.ui.widgets import device_choice


def test_without_an_accelerator_no_process_looks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It imports torch, which held the first Memory tab up; the answer is torch's all the same."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", fail)
    monkeypatch.setattr(subprocess, "Popen", fail)
    monkeypatch.setattr(device_choice, "guess_device", lambda: "cpu")
    found = device_choice.find_devices()
    assert found is not None
    assert found.auto == "cpu"
    cpu = lab_devices.torch.device("cpu")
    assert found.names == {"cpu": lab_devices.describe(cpu)}
    assert found.free["cpu"] > 0
