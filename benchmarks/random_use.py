"""Ten visitors who do whatever occurs to them, one of them hostile: places, processes, memory.

The visitors look at a page of a real server through its websocket, as browsers do, and press its
buttons through a Lab with their own shares. The hostile one presses Start with five seeds, and
Pause, again and again. RESNET_VIZ_USE_SECONDS says for how long (1,200 by default).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.first_point import served
from benchmarks.result import Result
from benchmarks.visitor import Visitor
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.parking import MOST_WARM, VARIABLE
from resnet_viz.scheduler.places import slots_on
from resnet_viz.scheduler.submit import SHARE
from resnet_viz.store.database import Store, StoreError

SECONDS = int(os.environ.get("RESNET_VIZ_USE_SECONDS", "1200"))
VISITORS = 9
STEPS = 300
NETS = ("resnet20-cifar", "plain20-cifar")
SPARES = 2
DEEDS = ("start", "look", "look", "look", "pause", "resume", "step", "stop")


@dataclass
class _Counts:
    """What was seen while they were at it."""

    visits: list[float] = field(default_factory=list)
    processes: int = 0
    paused: int = 0
    starts: int = 0
    refused: list[str] = field(default_factory=list)


def run() -> Iterator[Result]:
    """Ends with what a further visitor finds."""
    os.environ[VARIABLE] = os.environ.get(VARIABLE, str(max(5, SECONDS // 20)))
    with served() as (url, home, _):
        _visit(url, "race")
        _visit(url, "runs")
        time.sleep(8)
        lab, counts = Lab(home), _Counts()
        before = _memory(home)
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(VISITORS + 2) as pool:
            at_work = [pool.submit(_hostile, lab, until, counts)]
            at_work += [pool.submit(_visitor, lab, url, n, until, counts) for n in range(VISITORS)]
            pool.submit(_watch, lab, until, counts)
            for one in at_work:
                one.result()
        yield from _during(counts)
        accepted = _is_accepted(lab)
        time.sleep(2 * int(os.environ[VARIABLE]) + 5)  # nobody looks any more
        yield from _after(lab, home, url, before, accepted=accepted)


def _during(counts: _Counts) -> Iterator[Result]:
    what = f"{VISITORS + 1} visitors for {SECONDS} s"
    most = MOST_WARM + 2 * slots_on("cpu") + SPARES
    hostile = f"{counts.starts} races begun, {len(counts.refused)} presses refused"
    yield Result(f"{what}: presses", hostile)
    said, met = f"{counts.processes}, {counts.paused} of them paused", counts.processes <= most
    yield Result(f"{what}: processes of runs, at most", said, f"<= {most}", met)
    slowest = f"{len(counts.visits)} visits, median {_median(counts.visits):.2f} s, slowest "
    yield Result(f"{what}: pages", f"{slowest}{max(counts.visits, default=0):.2f} s")


def _after(
    lab: Lab, home: Path, url: str, before: tuple[int, int], *, accepted: bool
) -> Iterator[Result]:
    runs = lab.list()
    left = [run for run in runs if not run.is_over]
    paused = [run for run in left if run.status == "paused"]
    yield Result("A further visitor's race is accepted", str(accepted), "True", accepted)
    said = f"{len(left)} not over, {len(paused)} of them paused"
    yield Result(f"Runs: {len(runs)} in all", said)
    held = _processes(lab, "paused")
    yield Result("Processes of abandoned pauses", str(held), "0", held == 0)
    lies = [run.message for run in runs if run.status in ("failed", "interrupted")]
    yield Result("Runs failed or interrupted", f"{len(lies)} {lies[:1]}", "0", not lies)
    for run in left:
        lab.stop(run.id)
    time.sleep(5)
    seconds = _visit(url, "race")
    yield Result("The Race page then", f"{seconds:.2f} s")
    count, size = _memory(home)
    said = f"{count} of {size / 1e6:.0f} MB; before {before[0]} of {before[1] / 1e6:.0f} MB"
    yield Result("Processes when all are stopped", said, "as before", count <= before[0] + 1)
    states = list((home / "states").glob("*"))
    yield Result("States left", str(len(states)), "0", not states)


def _hostile(lab: Lab, until: float, counts: _Counts) -> None:
    """Start with five seeds, and Pause as soon as they have begun."""
    while time.monotonic() < until:
        specs = [RunSpec(config=preset(NETS[0]), seed=seed, steps=STEPS) for seed in range(5)]
        try:
            race = lab.race(specs, asker="hostile")
            counts.starts += 1
            time.sleep(random.uniform(0, 2))
            lab.pause(race)
        except (ValueError, StoreError) as error:
            counts.refused.append(str(error))
            time.sleep(0.5)


def _visitor(lab: Lab, url: str, number: int, until: float, counts: _Counts) -> None:
    """Looks, starts, pauses, steps, goes on, stops and leaves, at random."""
    chance, races = random.Random(number), list[str]()
    while time.monotonic() < until:
        with suppress(ValueError, StoreError):
            match chance.choice(
                ("start", "look", "look", "look", "pause", "resume", "step", "stop")
            ):
                case "start":
                    specs = [
                        RunSpec(config=preset(net), seed=number, steps=STEPS, batch_size=16)
                        for net in NETS
                    ]
                    races.append(lab.race(specs, asker=f"visitor {number}"))
                    counts.starts += 1
                case "look":
                    query = f"race={races[-1]}" if races else ""
                    counts.visits.append(_visit(url, "race", query, chance.randrange(1, 6)))
                case what if races:
                    getattr(lab, what)(chance.choice(races[-3:]))
        time.sleep(chance.uniform(0, 3))


def _watch(lab: Lab, until: float, counts: _Counts) -> None:
    while time.monotonic() < until:
        counts.processes = max(counts.processes, _processes(lab))
        counts.paused = max(counts.paused, _processes(lab, "paused"))
        time.sleep(1)


def _processes(lab: Lab, status: str = "") -> int:
    """How many processes of runs there are, by their rows."""
    query = "SELECT count(*) FROM runs WHERE pid IS NOT NULL AND ended IS NULL AND status LIKE ?"
    with Store(lab.home).session() as connection:
        return int(connection.execute(query, (status or "%",)).fetchone()[0])


def _is_accepted(lab: Lab) -> bool:
    spec = RunSpec(config=preset(NETS[0]), steps=2)
    try:
        lab.race([spec] * (SHARE // 4), asker="a further one")
    except ValueError:
        return False
    return True


def _visit(url: str, page: str, query: str = "", polls: int = 0) -> float:
    visitor = Visitor(url, page, query)
    seconds = visitor.visit()
    for _ in range(polls):
        if visitor.fragment:
            time.sleep(0.5)
            with suppress(TimeoutError):  # the race ended, and with it what is polled
                visitor.poll()
    visitor.close()
    return seconds


def _memory(home: Path) -> tuple[int, int]:
    """The processes of the folder: how many, and the memory that is theirs alone."""
    sizes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("RESNET_VIZ_HOME") == str(home):
                sizes.append(process.memory_full_info().uss)
    return len(sizes), sum(sizes)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
