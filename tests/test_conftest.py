"""The tests' own rules: who has a second try says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import pytest_collection_modifyitems

ROOT = Path(__file__).parents[1]
REFUSED = "needs reruns=1 and a reason that begins with processes:, seconds:, bytes:"


def collect(**mark: Any) -> None:
    """A test with such a mark."""
    flaky = pytest.mark.flaky(**mark).mark
    item: Any = SimpleNamespace(nodeid="a test", iter_markers=lambda name: [flaky])
    pytest_collection_modifyitems([item])


def test_a_second_try_with_a_reason_is_allowed() -> None:
    collect(reruns=1, reason="seconds: a step is timed")


@pytest.mark.parametrize(
    "mark",
    [
        {"reruns": 1, "reason": "it fails now and then"},
        {"reruns": 1, "reason": "seconds: "},
        {"reruns": 3, "reason": "seconds: a step is timed"},
        {"reason": "seconds: a step is timed"},
        {"reruns": 1},
        {},
    ],
)
def test_any_other_is_refused(mark: dict[str, Any]) -> None:
    with pytest.raises(pytest.UsageError, match=REFUSED):
        collect(**mark)


def test_pytest_refuses_it(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text("import pytest\n@pytest.mark.flaky()\ndef test_it():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--collect-only", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert REFUSED in ended.stdout + ended.stderr


def test_no_other_test_has_one() -> None:
    assert "reruns" not in (ROOT / "pyproject.toml").read_text()
