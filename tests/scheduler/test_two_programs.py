"""Programs of other code or settings in one folder: which launcher serves them is decided once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client, launcher_lock
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from resnet_viz.store.database import Store
from tests.labs import ENDLESS, launcher_of, process_of, running, steps_of, tiny_spec, wait_until

ROOT = Path(__file__).parents[2]

# A machine that is so busy that a launcher takes long to import torch.
BUSY = """
import sys, time
from importlib.abc import MetaPathFinder

class Slow(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            time.sleep(7)

if "resnet_viz.workers.launcher" in sys.orig_argv:
    sys.meta_path.insert(0, Slow())
"""

# Looks at its run as a page does, and says which launchers it has seen.
PROGRAM = """
import time
from resnet_viz import Lab
from resnet_viz.scheduler import launcher_lock as lock
from tests.labs import tiny_spec

lab, seen = Lab(), []
run_id = lab.start(tiny_spec(steps=5))
until = time.monotonic() + 60
while not lab.get(run_id).is_over and time.monotonic() < until:
    one = lock.holder(lab.home)
    if one and one.pid not in seen:
        seen.append(one.pid)
    time.sleep(0.1)
print(lab.get(run_id).status, *seen)
"""


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
def test_two_programs_with_other_settings_do_not_replace_each_others_launcher(
    lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "sitecustomize.py").write_text(BUSY)
    paths = os.pathsep.join([str(tmp_path / "busy"), str(ROOT)])
    environment = os.environ | {"RESNET_VIZ_HOME": str(lab.home), "PYTHONPATH": paths}
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment | {SLOTS_VARIABLE: slots},
            stdout=subprocess.PIPE,
            text=True,
        )
        for slots in ("1", "2")
    ]
    said = [program.communicate(timeout=120)[0].split() for program in programs]
    assert [words[0] for words in said] == ["finished"] * 2
    assert len({pid for words in said for pid in words[1:]}) == 1


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
def test_a_launcher_with_other_settings_stays_until_it_is_idle(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SLOTS_VARIABLE, "1")
    first = lab.start(tiny_spec(steps=ENDLESS))
    wait_until(lambda: steps_of(lab, first) > 0)
    before = launcher_of(lab)
    monkeypatch.setenv(SLOTS_VARIABLE, "3")
    second, third = (lab.start(tiny_spec(steps=ENDLESS)) for _ in range(2))
    lab.ready()
    time.sleep(1)
    assert running(lab) == [first], "which the one that is there has begun"
    assert launcher_of(lab) == before
    for run_id in (first, second, third):
        lab.stop(run_id)
    runs = [lab.start(tiny_spec(steps=ENDLESS)) for _ in range(3)]
    wait_until(lambda: sorted(running(lab)) == sorted(runs))
    assert launcher_of(lab) != before
    workers = [process_of(lab, run_id) for run_id in runs]
    other = launcher_of(lab)
    monkeypatch.setenv(SLOTS_VARIABLE, "2")
    for run_id in runs[1:]:
        lab.stop(run_id)
    lab.pause(runs[0])
    wait_until(lambda: lab.get(runs[0]).status == "paused")
    lab.ready()
    assert launcher_of(lab) == other, "none is replaced twice within a minute"
    assert process_of(lab, runs[0]) == workers[0]


@contextmanager
def holding(home: Path, **said: object) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock as a launcher does, and has written that of itself; it never
    begins anything."""
    code = (
        "import json, os, sys, time, psutil\n"
        "from pathlib import Path\n"
        "from resnet_viz.scheduler import launcher_lock as lock\n"
        "from resnet_viz.scheduler.heartbeat import born\n"
        "home, said = Path(sys.argv[1]), json.loads(sys.argv[2])\n"
        "with lock.held(home, 'another') as file:\n"
        "    me = {'pid': os.getpid(), 'birth': born(psutil.Process()), 'kind': 'another'}\n"
        "    os.truncate(file, 0)\n"
        "    os.pwrite(file, json.dumps(me | said).encode(), 0)\n"
        "    print('held', flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, str(home), json.dumps(said)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders for which a launcher would have been begun."""
    folders: list[Path] = []

    def spawn(home: Path) -> subprocess.Popen[bytes]:
        folders.append(home)
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(launcher_client, "_spawn", spawn)
    return folders


def is_there(process: subprocess.Popen[str]) -> bool:
    """Whether it has not ended."""
    return process.poll() is None


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
def test_one_of_a_version_without_a_protocol_is_replaced_but_not_twice_within_a_minute(
    lab: Lab, begun: list[Path]
) -> None:
    with holding(lab.home) as older:
        run_id = lab.start(tiny_spec())
        assert (begun, is_there(older)) == ([lab.home], False)
    with holding(lab.home) as older:
        lab.ready()
        with Store(lab.home).writing() as connection:
            connection.execute("UPDATE runs SET heartbeat = heartbeat - 3600")
        message = lab.get(run_id).message
        assert (begun, is_there(older)) == ([lab.home], True)
        assert message.endswith(
            f"; an older resnet_viz is using this folder (process {older.pid}): stop it, or set "
            "RESNET_VIZ_HOME."
        )
        long_ago = time.time() - launcher_client.REPLACE_SECONDS
        os.utime(lab.home / launcher_client.REPLACED_FILE, (long_ago, long_ago))
        lab.ready()
        assert (begun, is_there(older)) == ([lab.home] * 2, False)


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
@pytest.mark.parametrize("protocol", [launcher_lock.PROTOCOL, launcher_lock.PROTOCOL + 1])
def test_one_that_is_equal_or_newer_is_used_also_where_it_does_not_answer(
    lab: Lab, begun: list[Path], protocol: int
) -> None:
    with holding(lab.home, protocol=protocol, of_a_later_version=1) as other:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(launcher_client, "make_way", lambda store: None)
            run_id = lab.start(tiny_spec())
        with Store(lab.home).writing() as connection:
            connection.execute("UPDATE runs SET heartbeat = heartbeat - 3600")
        for _ in range(3):
            Lab(lab.home).get(run_id)
        assert (begun, is_there(other)) == ([], True)
        lab.ready()
        assert (begun, is_there(other)) == ([], True), "it is not idle"


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
def test_a_newer_one_is_left_alone_by_who_finds_it_idle(lab: Lab, begun: list[Path]) -> None:
    with holding(lab.home, protocol=launcher_lock.PROTOCOL + 1) as newer:
        lab.ready()
        assert (begun, is_there(newer)) == ([], True)


@pytest.mark.flaky(reruns=1, reason="processes: programs and their launchers")
def test_one_that_cannot_be_ended_is_said(
    lab: Lab, begun: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "terminate", refuse)
    with holding(lab.home) as others:
        run_id = lab.start(tiny_spec())
        with Store(lab.home).writing() as connection:
            connection.execute("UPDATE runs SET heartbeat = heartbeat - 3600")
        assert f"(process {others.pid})" in lab.get(run_id).message
        assert begun == []


def test_a_version_without_a_protocol_takes_what_is_written_for_nothing() -> None:
    """It knows three fields, fails at a fourth, and then leaves whoever holds the lock alone."""
    me = launcher_lock.Holder.me("mine")
    assert me.protocol == launcher_lock.PROTOCOL
    assert me.birth == born(psutil.Process())
    assert {"pid", "birth", "kind"} < set(launcher_lock.asdict(me))
