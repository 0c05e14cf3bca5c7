"""python -m benchmarks.kills [COUNT] [SEED]: SIGKILL for launchers, helpers, workers and servers at
random moments, with a count of their folder's processes before, in between and after.

What is neither a server or launcher, nor made by one that is alive, nor at work on a run or job, is
a stray. The status is 1 where one stays for more than a second after a kill, where a run is neither
finished nor interrupted at the end, or where a process is left then.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.visitor import Visitor
from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import heartbeat
from resnet_viz.scheduler.jobs.job_table import select_jobs
from resnet_viz.scheduler.task_table import JOBS
from resnet_viz.store.database import Store
from resnet_viz.store.runs_table import ACTIVE, select_runs
from tests.launchers import end_all_with_this_process, end_launchers

KILLS = 300
STRAY_SECONDS = 1.0
_ROOT = Path(__file__).parents[1]
_LONGEST_WAIT_SECONDS = 2.0
_PATIENCE_SECONDS = 60.0
_UNDER_WAY = 3
_SETTLE_SECONDS = 300.0
_TINY = ResNetConfig(depths=(1, 1), widths=(4, 8), stem="cifar", shortcut="zero_pad")
_WEIGHTS = {"launcher": 10, "worker": 7, "helper": 2, "server": 2}


@dataclass
class Tally:
    """What was killed, and what was found after it."""

    killed: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds that strays took to go, at most."""
    stayed: list[str] = field(default_factory=list)
    """The strays that were there after `STRAY_SECONDS`."""
    most: int = 0
    before: int = 0
    after: int = 0
    runs: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing stayed, and each run came to an end."""
        has_ended = set(self.runs) <= {"finished", "interrupted"}
        return not self.stayed and self.before == self.after == 0 and has_ended


class Folder:
    """The processes of a lab's folder, by what they are."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def all(self) -> list[psutil.Process]:
        """What is alive of them."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_here = process.environ().get("RESNET_VIZ_HOME") == str(self._lab.home)
                if is_here and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def workers(self) -> list[psutil.Process]:
        """Those that have a run or a job."""
        with Store(self._lab.home).session() as found:
            rows = [*select_runs(found, ACTIVE), *select_jobs(found, JOBS.busy)]
        return list(filter(None, map(heartbeat.find_process, rows)))

    def of_kind(self, kind: str) -> list[psutil.Process]:
        """Those that may be killed as one of `_WEIGHTS`."""
        there = self.all()
        if kind == "worker":
            return self.workers()
        if kind == "helper":
            masters = set(filter(_is_master, there))
            helpers = [one for one in there if _parent(one) in masters]
            return [one for one in helpers if one not in self.workers()]
        return [one for one in there if _is_master(one) and _is_server(one) == (kind == "server")]

    def strays(self) -> list[psutil.Process]:
        """Those with neither a task nor a living launcher or server."""
        there, workers = self.all(), self.workers()
        masters = set(filter(_is_master, there))
        return [
            one
            for one in there
            if one not in masters and one not in workers and _parent(one) not in masters
        ]


def _is_server(process: psutil.Process) -> bool:
    return "streamlit" in _command(process)


def _is_master(process: psutil.Process) -> bool:
    """Whether it is a server or a launcher, of which forked helpers have the command line, too."""
    if _is_server(process):
        return True
    if sys.platform == "win32":  # where none is forked
        return "resnet_viz.workers.launcher" in _command(process)
    with suppress(psutil.Error, ProcessLookupError):
        is_leader = os.getsid(process.pid) == process.pid
        is_forked = process.name().startswith("resnet_viz")
        return "resnet_viz.workers.launcher" in _command(process) and is_leader and not is_forked
    return False


def _command(process: psutil.Process) -> Sequence[str]:
    with suppress(psutil.Error):
        return list(process.cmdline())
    return ()


def _parent(process: psutil.Process) -> psutil.Process | None:
    with suppress(psutil.Error):
        return process.parent()
    return None


class Server:
    """The app, begun again where it was killed, and visited so that it does what it does."""

    def __init__(self, home: Path) -> None:
        self._home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def visit(self) -> None:
        """Look at the page of races, if it answers yet."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._begun()
        with suppress(Exception):  # it has not begun, or was killed
            visitor = Visitor(f"http://127.0.0.1:{self._port}", "race")
            visitor.visit()
            visitor.close()

    def end(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _begun(self) -> subprocess.Popen[bytes]:
        options = ("--server.headless=true", f"--server.port={self._port}")
        return subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=_ROOT,
            env=os.environ | {"RESNET_VIZ_HOME": str(self._home), "PYTHONPATH": str(_ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def storm(
    home: Path,
    kills: int,
    seed: int = 0,
    *,
    kinds: Iterable[str] = _WEIGHTS,
    patience: float = STRAY_SECONDS,
) -> Tally:
    """Kill so many, one after the other; `kinds` of `_WEIGHTS`. A helper may outlive its launcher
    for `patience` seconds: more where other tests run, too."""
    lab, chance, tally = Lab(home), random.Random(seed), Tally()
    folder, kinds = Folder(lab), list(kinds)
    server = Server(lab.home) if "server" in kinds else None
    tally.before = len(folder.all())
    while tally.killed.total() < kills:
        _keep_busy(lab, chance)
        if server and chance.random() < 0.3:
            server.visit()
        if chance.random() < 0.1:  # else launchers would hardly ever come so far, where all is slow
            _await_worker(folder)
        time.sleep(chance.random() * _LONGEST_WAIT_SECONDS)
        (kind,) = chance.choices(kinds, [_WEIGHTS[kind] for kind in kinds])
        there = folder.of_kind(kind)
        if not there:
            continue
        with suppress(psutil.NoSuchProcess):
            chance.choice(there).kill()
            tally.killed[kind] += 1
        tally.most = max(tally.most, len(folder.all()))
        _wait_for_strays(folder, tally, kind, patience)
    if server:
        server.end()
    _settle(lab)
    tally.runs = Counter(run.status for run in lab.list())
    for one in folder.of_kind("launcher"):
        one.kill()
    _wait_for_strays(folder, tally, "last launcher", patience)
    tally.after = len(folder.all())
    end_launchers(lab.home)
    return tally


def _keep_busy(lab: Lab, chance: random.Random) -> None:
    """Runs under way, and now and then a job."""
    waiting = _UNDER_WAY - sum(not run.is_over for run in lab.list())
    for _ in range(waiting):
        lab.start(RunSpec(config=_TINY, batch_size=16, steps=1500, seed=chance.randrange(1000)))
    if chance.random() < 0.2:
        lab.submit("data", {"name": "digits"}, asker=str(chance.random()))
    for run in lab.list()[:_UNDER_WAY]:
        lab.get(run.id)  # as a page does: whoever looks closely brings help


def _await_worker(folder: Folder) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not folder.workers() and time.monotonic() < deadline:
        time.sleep(0.1)


def _wait_for_strays(folder: Folder, tally: Tally, after: str, patience: float) -> None:
    begin = time.monotonic()
    while strays := folder.strays():
        seconds = time.monotonic() - begin
        if seconds > patience:
            said = [f"{' '.join(_command(one)[1:6])} ({one})" for one in strays]
            tally.stayed += [f"after a {after} was killed: {one}" for one in said]
            return
        tally.slowest = max(tally.slowest, seconds)
        time.sleep(0.05)


def _settle(lab: Lab) -> None:
    """Wait until all runs are over, as they have to be without a hand's turn."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        if all(lab.get(run.id).is_over for run in lab.list()):
            return
        time.sleep(0.2)


def main(kills: int = KILLS, seed: int = 0) -> int:
    """Do it, and say what was found."""
    end_all_with_this_process()
    begin, console = time.monotonic(), Console()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        tally = storm(Path(folder) / "home", kills, seed)
    killed = ", ".join(f"{count} {kind}s" for kind, count in tally.killed.items())
    runs = ", ".join(f"{count} {status}" for status, count in tally.runs.items())
    console.print(f"killed: {killed}, in {time.monotonic() - begin:.0f} s (seed {seed})")
    console.print(f"processes: {tally.before} before, {tally.most} at most, {tally.after} after")
    console.print(f"strays: {len(tally.stayed)} for more than {STRAY_SECONDS} s")
    console.print(f"of the others the slowest took {tally.slowest:.2f} s to go; runs: {runs}")
    for one in tally.stayed:
        console.print(one, markup=False)
    return int(not tally.is_clean)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:3])))
