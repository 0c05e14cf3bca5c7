"""The benchmarks print each result as it comes, and a part that fails costs no other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from benchmarks import __main__ as command
from benchmarks.result import Result


def _part(name: str, results: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part with so many results that then breaks off, or with one if it has none."""

    def run() -> Iterator[Result]:
        for number in range(results or 1):
            yield Result(f"{name} {number}", "1 s", "< 2 s", True)
        if results:
            raise KeyError("RESNET_VIZ_HOME")

    module = ModuleType(f"benchmarks.{name}")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_part_that_breaks_off_loses_neither_its_results_nor_those_of_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PARTS", ("broken", "sound"))
    _part("broken", 2, monkeypatch)
    _part("sound", 0, monkeypatch)
    assert command.main(["sound"]) == 0
    assert command.main([]) == 1
    printed = capsys.readouterr().out
    for words in ("broken 0: 1 s", "broken 1: 1 s", "sound 0: 1 s", "broken off: broken"):
        assert words in printed
    assert command.main(["none"]) == 2
