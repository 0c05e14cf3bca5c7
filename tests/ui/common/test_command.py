"""A command run from a page: its end, its limit, and its manners."""

from __future__ import annotations

import os

import psutil
import pytest

from resnet_viz.ui.common import command
from resnet_viz.ui.common.command import run_command


def test_what_the_command_prints() -> None:
    assert "resnet18" in run_command(["presets"], lambda: None)


def test_its_one_line_is_the_reason() -> None:
    with pytest.raises(RuntimeError, match="unknown preset 'resnet5'") as caught:
        run_command(["describe", "resnet5"], lambda: None)
    assert "\n" not in str(caught.value)
    assert not str(caught.value).startswith("error")


def test_a_command_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LONGEST_SECONDS", 0.3)
    before = _children()
    with pytest.raises(RuntimeError, match="The build process was ended after 0 minutes"):
        run_command(["build", "resnet18"], lambda: None)
    assert _children() == before


def test_the_server_goes_first() -> None:
    seen: list[int] = []
    before = _children()

    def look() -> None:
        seen.extend(child.nice() for child in _children() - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_command(["build", "resnet18"], look)
    own = psutil.Process().nice()
    assert seen
    assert all(nice != own for nice in seen)
    assert os.name != "posix" or seen[0] > own


def _children() -> set[psutil.Process]:
    """Of this process, which may have some of other tests."""
    return set(psutil.Process().children())
