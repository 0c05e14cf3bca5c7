"""The tests of off_cpu.py, in a process of its own: a made-up device stays in torch for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).with_name("off_cpu.py")


def test_a_device_that_is_not_the_cpu_is_treated_as_one() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reruns", "0"]
    ended = subprocess.run(
        [*command, str(CASES)],
        cwd=CASES.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " passed" in ended.stdout
