"""Thirty and a hundred who watch one race, and a run of 100,000 steps that is watched."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import psutil

from benchmarks.first_point import served
from benchmarks.result import Result
from benchmarks.visitor import Visitor
from benchmarks.workerless import race_without_workers
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.race_feed import Feed
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records, put_together

NETS = ("resnet56-cifar", "plain56-cifar")
POLL_SECONDS, SECONDS = 0.5, 10.0
GOALS = {30: 0.5, 100: 1.0}
"""Cores of the server by viewers."""
STEPS_A_SECOND = 10
LONG = 100_000


def run() -> Iterator[Result]:
    """Lag, and the server's share of a core, for many viewers; a poll of a long run."""
    for count in GOALS:
        yield from _many_viewers(count)
    yield from _long_run()


def _many_viewers(count: int) -> Iterator[Result]:
    """The race's records are written as workers would, without their work."""
    with served() as (url, home, server):
        lab, race_id = race_without_workers(home, _specs(10_000))
        is_over = threading.Event()
        writer = threading.Thread(target=_write, args=(home, is_over), daemon=True)
        writer.start()
        visitors = [Visitor(url, "race", f"race={race_id}") for _ in range(count)]
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(Visitor.visit, visitors))
        before, bytes_before = server.cpu_times(), sum(v.received for v in visitors)
        begin = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            lags = [lag for found in pool.map(_watch, visitors) for lag in found]
        lasted = time.perf_counter() - begin
        after = server.cpu_times()
        is_over.set()
        writer.join()
        polls = len(lags)
        sent = (sum(v.received for v in visitors) - bytes_before) / polls
        for visitor in visitors:
            visitor.close()
        lab.stop(race_id)
    share = (after.user + after.system - before.user - before.system) / lasted
    slow = quantiles(lags, n=20)[-1]
    what = f"{count} viewers of a race of two 56-layer nets, 2 Hz"
    rate = polls / lasted
    yield Result(
        f"{what}: polls a second", f"{rate:.0f}", f"> {1.8 * count:.0f}", rate > 1.8 * count
    )
    yield Result(f"{what}: lag, median", f"{1000 * median(lags):.0f} ms")
    yield Result(f"{what}: lag, 95th percentile", f"{1000 * slow:.0f} ms", "< 1,000 ms", slow < 1)
    yield Result(
        f"{what}: the server", f"{share:.2f} cores", f"< {GOALS[count]}", share < GOALS[count]
    )
    yield Result(f"{what}: sent a poll", f"{sent / 1000:.0f} kB")


def _watch(visitor: Visitor) -> Sequence[float]:
    lags = []
    end = time.perf_counter() + SECONDS
    while (begin := time.perf_counter()) < end:
        lags.append(visitor.poll())
        time.sleep(max(0.0, begin + POLL_SECONDS - time.perf_counter()))
    return lags


def _specs(steps: int) -> Sequence[RunSpec]:
    return [RunSpec(config=preset(net), steps=steps) for net in NETS]


def _write(home: Path, is_over: threading.Event) -> None:
    random = np.random.default_rng(0)
    step = 0
    while not is_over.wait(1 / STEPS_A_SECOND):
        with Store(home).session() as connection:
            connection.execute("UPDATE runs SET heartbeat = ?", (time.time(),))
            for position in (1, 2):
                records = [_record(random, step)]
                insert_records(connection, position, records)
                put_together(connection, position, records)
        step += 1


def _record(random: np.random.Generator, step: int) -> StepRecord:
    names = ("grad_norm", "weight_norm", "update_ratio")
    values = {name: random.lognormal(size=56).astype(np.float32) for name in names}
    return StepRecord(step, float(random.random()), 0.5, step / STEPS_A_SECOND, values)


def _long_run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        lab, race_id = race_without_workers(home, _specs(1_000_000))
        random = np.random.default_rng(0)
        with Store(home).session() as connection:
            for start in range(0, LONG, 1000):
                connection.execute("BEGIN IMMEDIATE")
                insert_records(
                    connection, 1, [_record(random, step) for step in range(start, start + 1000)]
                )
                connection.execute("COMMIT")
        size = Store(home).file.stat().st_size
        own = psutil.Process()
        before = own.memory_info().rss
        feed = Feed(lab, race_id)
        begin = time.perf_counter()
        feed.look()
        opened = time.perf_counter() - begin
        grown = own.memory_info().rss - before
        polls = []
        for step in range(LONG, LONG + 20):
            with Store(home).writing() as connection:
                insert_records(connection, 1, [_record(random, step)])
            feed.expire()
            begin = time.perf_counter()
            feed.look()
            polls.append(time.perf_counter() - begin)
        lab.stop(race_id)
    what = f"a run of {LONG:,} steps of 56 layers"
    yield Result(f"{what}: on disk", f"{size / 1e6:.0f} MB", "< 100 MB", size < 100e6)
    yield Result(f"{what}: first look of the server", f"{opened:.1f} s")
    yield Result(f"{what}: memory of the server", f"{grown / 1e6:.0f} MB")
    poll = median(polls)
    yield Result(
        f"{what}: a poll with something new", f"{1000 * poll:.1f} ms", "< 10 ms", poll < 0.01
    )
