"""Building in a process of its own."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.ui.architecture.build import build_in_process

SMALL = revise(preset("resnet20-cifar"), image_size=8)


def _builders() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if _builds(child)]


def _builds(child: psutil.Process) -> bool:
    try:
        return "build" in child.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return False


def test_the_report_is_measured_on_the_net_asked_for() -> None:
    report = build_in_process(SMALL, "cpu", 4, lambda: None)
    assert report["output_shape"] == [4, 10]
    assert report["params"] == plan(SMALL).params
    assert all(report[key] > 0 for key in ("build_seconds", "forward_ms", "backward_ms"))


def test_a_device_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(RuntimeError, match="cuda:7") as caught:
        build_in_process(SMALL, "cuda:7", 4, lambda: None)
    assert "\n" not in str(caught.value)


def test_a_killed_process_is_a_sentence() -> None:
    def kill() -> None:
        for child in _builders():
            os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(RuntimeError, match=re.escape("ended by signal 9, most likely")):
        build_in_process(SMALL, "cpu", 4, kill)


def test_leaving_the_page_leaves_no_process_behind() -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_in_process(SMALL, "cpu", 4, leave)
    psutil.wait_procs(_builders(), timeout=5)
    assert _builders() == []


def test_the_command_is_run_where_the_package_is(tmp_path: Path) -> None:
    """From another folder too, as `streamlit run path/to/app.py` would."""
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert build_in_process(SMALL, "cpu", 2, lambda: None)["batch_size"] == 2
    finally:
        os.chdir(before)
    assert not list(tmp_path.iterdir())
