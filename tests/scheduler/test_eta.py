"""How long runs take and wait, against a clock that ticks, and against the records themselves."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.eta import about, schedule
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from tests.labs import TINY, tiny_spec


def by_the_clock(ends: list[int], lengths: list[int], slots: int) -> tuple[int, int]:
    """The same, second by second."""
    running, waiting, now = list(ends), list(lengths), 0
    free = None
    while waiting or running or free is None:
        running = [end for end in running if end > now]
        while waiting and len(running) < slots:
            running.append(now + waiting.pop(0))
            running = [end for end in running if end > now]
        if not waiting and free is None and len(running) < slots:
            free = now
        if not waiting and not running:
            break
        now += 1
    assert free is not None
    return free, max([*ends, now]) if ends or lengths else 0


@pytest.mark.parametrize("seed", range(200))
def test_places_come_free_as_by_the_clock(seed: int) -> None:
    dice = random.Random(seed)
    slots = dice.randint(1, 4)
    ends = [dice.randint(1, 20) for _ in range(dice.randint(0, slots))]
    lengths = [dice.randint(1, 20) for _ in range(dice.randint(0, 6))]
    assert schedule(ends, lengths, slots) == by_the_clock(ends, lengths, slots)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.1, "1 s"), (8.4, "8 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"), (7300, "2 h")],
)
def test_a_time_for_people(seconds: float, said: str) -> None:
    assert about(seconds) == f"about {said}"


def record(connection: sqlite3.Connection, position: int, steps: int, seconds: float) -> None:
    one = {"grad_norm": np.ones(6, np.float32)}
    records = [StepRecord(step, 1.0, 0.5, step * seconds, one) for step in range(steps)]
    insert_records(connection, position, records)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab without workers, and one place."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "1")
    return Lab(tmp_path)


def test_the_place_in_the_queue_has_a_time_once_steps_were_measured(lab: Lab) -> None:
    runs = [lab.start(tiny_spec(steps=100)) for _ in range(3)]
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET status = 'running' WHERE position = 1")
    assert lab.get(runs[2]).message == "Waits for a free core: 1 running, 1 waiting ahead of it."
    with Store(lab.home).writing() as connection:
        record(connection, 1, 41, 0.5)
    said = lab.get(runs[1]).message
    assert said == "Waits for a free core: 1 running, 0 waiting ahead of it, about 30 s."
    # 59 steps that are left, and 100 of one that is alike, half a second each.
    said = lab.get(runs[2]).message
    assert said == "Waits for a free core: 1 running, 1 waiting ahead of it, about 80 s."
    lab.slow(runs[1], 0.1)
    assert lab.get(runs[2]).message.endswith("about 17 min.")
    assert lab.list()[0].message == lab.get(runs[2]).message


def test_a_net_that_never_ran_is_estimated_by_its_macs(lab: Lab) -> None:
    first = tiny_spec(steps=100)
    other = tiny_spec(steps=50, batch_size=32, config=revise(TINY, depths=(3, 3)))
    lab.start(first)
    runs = [lab.start(other), lab.start(first)]
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET status = 'running' WHERE position = 1")
        record(connection, 1, 91, 1.0)
    macs = [plan(spec.adapted).macs for spec in (first, other)]
    expected = 9 + 50 * 2 * macs[1] / macs[0]
    assert lab.get(runs[0]).message.endswith(", about 9 s.")
    assert lab.get(runs[1]).message.endswith(f", {about(expected)}.")


def test_the_time_of_a_race_is_that_of_earlier_runs_that_were_alike(lab: Lab) -> None:
    spec = tiny_spec(steps=100)
    assert lab.expected_seconds([spec]) is None
    old = lab.start(spec)
    with Store(lab.home).writing() as connection:
        record(connection, 1, 11, 0.25)
        connection.execute("UPDATE runs SET status = 'finished' WHERE id = ?", (old,))
    others = {"seed": 5, "lr": 0.5, "steps": 40}
    assert lab.expected_seconds([tiny_spec(**others)] * 2) == pytest.approx(2 * 40 * 0.25)
    assert lab.expected_seconds([tiny_spec(**others)], pace=2) == pytest.approx(40 * 0.5)
    assert lab.expected_seconds([tiny_spec(batch_size=32)]) is None
    assert lab.expected_seconds([spec, tiny_spec(batch_size=32)]) is None
