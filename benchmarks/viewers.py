"""Thirty to two hundred who watch one race, and a run of 100,000 steps that is watched."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

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
SECONDS = 10.0
CLOCK = 100.0
"""Seconds after which the clock of the records begins again: float32 holds it to 10 us."""
GOALS = {30: 0.1, 100: 0.3, 200: 0.6}
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
        visitor = Visitor(url, "race", f"race={race_id}")
        visitor.visit()
        heard, used = asyncio.run(_watched(url, race_id, count, server))
        visitor.close()
        is_over.set()
        writer.join()
        lab.stop(race_id)
    lags = [lag for one in heard for lag in one.lags]
    slow = quantiles(lags, n=20)[-1]
    what = f"{count} viewers of a race of two 56-layer nets"
    rate, size = len(lags) / count / SECONDS, sum(one.received for one in heard) / len(lags)
    yield Result(f"{what}: news per viewer and second", f"{rate:.1f}", "> 1.5", rate > 1.5)
    yield Result(f"{what}: lag, median", f"{1000 * median(lags):.0f} ms")
    yield Result(f"{what}: lag, 95th percentile", f"{1000 * slow:.0f} ms", "< 500 ms", slow < 0.5)
    goal = GOALS[count]
    yield Result(f"{what}: the server", f"{used:.2f} cores", f"< {goal}", used < goal)
    yield Result(f"{what}: sent per message", f"{size / 1000:.1f} kB")


@dataclass
class _Heard:
    """What one viewer heard: how old the newest record of each message was, and bytes."""

    lags: list[float] = field(default_factory=list)
    received: int = 0


async def _watched(
    url: str, race_id: str, count: int, server: psutil.Process
) -> tuple[Sequence[_Heard], float]:
    """What the viewers heard, and the cores that the server used, once all have the whole race."""
    opened = [await _open(url, race_id) for _ in range(count)]
    heard = [_Heard() for _ in opened]
    before, begin = server.cpu_times(), time.perf_counter()
    watching = [_listen(reader, one) for (reader, _), one in zip(opened, heard, strict=True)]
    await asyncio.gather(*watching)
    after, lasted = server.cpu_times(), time.perf_counter() - begin
    for _, writer in opened:
        writer.close()
    return heard, (after.user + after.system - before.user - before.system) / lasted


async def _open(url: str, race_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)
    request = f"GET /stage_feed?race={race_id} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n"
    writer.write(request.encode())
    await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b"\n\n")  # the whole race
    return reader, writer


async def _listen(reader: asyncio.StreamReader, heard: _Heard) -> None:
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        event = await reader.readuntil(b"\n\n")
        heard.received += len(event)
        message = json.loads(event[event.index(b"{") :])
        losses = np.frombuffer(b64decode(message["records"][0]["curves"]["loss"]), "<f4")
        if len(losses):  # a loss is the moment at which its record was written
            heard.lags.append((time.time() - float(losses[-1])) % CLOCK)


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
    return StepRecord(step, time.time() % CLOCK, 0.5, step / STEPS_A_SECOND, values)


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
