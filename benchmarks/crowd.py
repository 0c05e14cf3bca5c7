"""Thirty people who start a race each, at once: how soon all are accepted, and pages answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil

from benchmarks.first_point import served
from benchmarks.result import Result
from benchmarks.visitor import Visitor
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab

PEOPLE = 30
NETS = ("resnet20-cifar", "plain20-cifar")
SECONDS = 6.0


def run() -> Iterator[Result]:
    """The app is there, and its launcher has torch imported; each race is of two nets."""
    with served() as (url, home, server):
        for _ in range(2):  # the first asks for the app alone, the next imports what the page needs
            _visit(url)
        time.sleep(8)  # the launcher has begun
        lab = Lab(home)
        begin = time.perf_counter()
        with ThreadPoolExecutor(PEOPLE) as pool:
            started = list(pool.map(lambda seed: _start(lab, seed), range(PEOPLE)))
        accepted = time.perf_counter() - begin
        until, visits = time.perf_counter() + SECONDS, []
        while time.perf_counter() < until:
            visits.append(_visit(url))
        processes = [server, *(p for p in psutil.process_iter() if _is_of(p, str(home)))]
        memory = sum(p.memory_full_info().uss for p in set(processes))
        count = len(set(processes))
        for race_id in started:
            lab.stop(race_id)
    what = f"{PEOPLE} people start a race of two nets at once"
    yield Result(f"{what}: all accepted", f"{accepted:.2f} s", "< 2 s", accepted < 2)
    slowest = max(visits)
    said = f"{1000 * slowest:.0f} ms"
    yield Result(f"{what}: a visit meanwhile, the slowest", said, "< 500 ms", slowest < 0.5)
    yield Result(f"{what}: memory of {count} processes", f"{memory / 1e6:.0f} MB")


def _start(lab: Lab, seed: int) -> str:
    return lab.race([RunSpec(config=preset(net), seed=seed, steps=500) for net in NETS])


def _visit(url: str) -> float:
    visitor = Visitor(url, "race")
    seconds = visitor.visit()
    visitor.close()
    return seconds


def _is_of(process: psutil.Process, home: str) -> bool:
    try:
        return bool(process.environ().get("RESNET_VIZ_HOME") == home)
    except psutil.Error:
        return False
