"""No helper of a launcher outlives it; workers go on, and nothing outlives the tests' process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.workers.worker_pool import FORK_VARIABLE
from tests.labs import ENDLESS, launcher_of, process_of, steps_of, tiny_spec, wait_until
from tests.launchers import MARK, launchers_in, marked

pytestmark = [
    pytest.mark.flaky(reruns=1, reason="processes: a launcher and its helpers"),
    pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows"),
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are not forked")

ROOT = Path(__file__).parents[2]
GONE_SECONDS = 1.0
"""For so long a helper may outlive its launcher."""
FORKED, SPARE = "1", "0"


def helpers(lab: Lab) -> Sequence[psutil.Process]:
    """The processes that a launcher has made, dead ones aside."""
    return [one for one in launcher_of(lab).children() if _is_alive(one)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def begins(lab: Lab) -> bool:
    """Whether a process is there that was forked ahead: it gets warm, or has not begun to."""
    return bool(helpers(lab))


def imports(lab: Lab) -> bool:
    """Whether a spare process has begun to import torch."""
    return any(one.memory_info().rss > 60e6 for one in helpers(lab))


def waits(lab: Lab) -> bool:
    """Whether two of them have nothing more to do."""
    before = {one: sum(one.cpu_times()[:2]) for one in helpers(lab)}
    time.sleep(0.5)
    after = {one: sum(one.cpu_times()[:2]) for one in helpers(lab)}
    return len(before) == 2 and before == after


@pytest.mark.parametrize(
    ("fork", "moment"),
    [
        pytest.param(FORKED, begins, marks=linux),
        (SPARE, imports),
    ],
)
def test_no_helper_outlives_its_launcher(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, fork: str, moment: Callable[[Lab], bool]
) -> None:
    monkeypatch.setenv(FORK_VARIABLE, fork)
    lab.ready()
    wait_until(lambda: moment(lab))
    launcher, left = launcher_of(lab), helpers(lab)
    launcher.kill()
    launcher.wait(10)
    _, alive = psutil.wait_procs(left, timeout=GONE_SECONDS)
    assert left
    assert not list(filter(_is_alive, alive))


def test_a_helper_that_has_got_a_run_goes_on_and_those_without_do_not(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spares; of forked processes test_launcher.py and test_worker_pool.py show it."""
    monkeypatch.setenv(FORK_VARIABLE, SPARE)
    lab.ready()
    wait_until(lambda: waits(lab))
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 0)
    worker, launcher = process_of(lab, run_id), launcher_of(lab)
    left = [one for one in helpers(lab) if one != worker]
    launcher.kill()
    launcher.wait(10)
    _, alive = psutil.wait_procs(left, timeout=GONE_SECONDS)
    assert len(left) == 2
    assert not list(filter(_is_alive, alive))
    done = steps_of(lab, run_id)
    wait_until(lambda: steps_of(lab, run_id) > done + 20, 20)
    assert process_of(lab, run_id) == worker


IS_BUSY = """
from resnet_viz.workers.lifeline import Message
message = Message()
print("ready", flush=True)
while True:
    sum(range(1000))
"""


def test_where_the_system_does_not_end_a_helper_a_thread_does() -> None:
    command = [sys.executable, "-c", IS_BUSY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as helper:
        assert helper.stdin is not None
        assert helper.stdout is not None
        assert helper.stdout.readline() == b"ready\n"
        helper.stdin.close()
        try:
            assert helper.wait(10) == 0
        finally:
            helper.kill()


LEAVES_A_LAUNCHER = """
import os, signal, time
from resnet_viz.lab.lab import Lab
from tests.labs import ENDLESS, steps_of, tiny_spec, wait_until

def test_that_is_killed(tmp_path):
    lab = Lab(tmp_path / "home")
    run_id = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, run_id) > 0)
    print("mark", os.environ["{mark}"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_test_has_begun_ends_with_the_tests_process(tmp_path: Path) -> None:
    """A launcher and its worker, which are in sessions of their own and for hours at work."""
    file = tmp_path / "test_killed.py"
    file.write_text(LEAVES_A_LAUNCHER.format(mark=MARK))
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", f"--rootdir={ROOT}", "-s"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--basetemp={tmp_path / 'base'}", str(file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout
    mark = done.stdout.partition("mark ")[2].split()[0]
    wait_until(lambda: not marked(mark) and not launchers_in(tmp_path), 20)
