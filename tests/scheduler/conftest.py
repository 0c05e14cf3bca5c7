"""A run at the test's own desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.parking import VARIABLE
from resnet_viz.workers.run_worker import Worker
from tests.scheduler.parked import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(Worker, "_prepare", lambda worker: "cpu")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "0")
    return Desk(Lab(tmp_path))
