"""Places in the queue, from rows as the store gives them."""

import os
import sys
import time
from typing import Any

import psutil
import pytest

from resnet_viz.experiments import devices
from resnet_viz.scheduler import heartbeat, places
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.scheduler.places import Place, has_place, in_turn, place

ME = psutil.Process()


def row(position: int, status: str = "queued", **changes: Any) -> Any:
    return {
        "position": position,
        "id": f"run {position}",
        "status": status,
        "device": "",
        "host": "",
        "asked_device": "cpu",
        "pid": ME.pid,
        "pid_created": born(ME),
        "heartbeat": time.time(),
        "steps_done": 0,
        "started": None,
        "race_id": None,
        "seed": 0,
        "race_started": None,
        "seed_started": None,
        "sweep": "",
    } | changes


def test_the_oldest_go_first_and_no_more_than_there_are_slots() -> None:
    active = [row(1, "running"), row(2), row(3), row(4)]
    assert [place(r, active, slots=2).is_free for r in active[1:]] == [True, False, False]
    assert [has_place(r, active, slots=2) for r in active[1:]] == [True, False, False]
    assert place(active[3], active, slots=2) == Place("cpu", 2, running=1, waiting=2)


def order_of(races: dict[str, list[tuple[int, int]]], slots: int) -> list[str]:
    """The order in which runs begin, each of which takes as long as the others: `races` are the
    seed and the count of contestants of each turn."""
    waiting, running, begun = [], [], []
    last: dict[tuple[str, int | None], float] = {}
    for race, turns in races.items():
        for seed, count in turns:
            for number in range(count):
                name = f"{race}{seed}{'abc'[number]}"
                new = {"id": name, "race_id": race, "seed": seed, "pid": None}
                waiting.append(row(len(waiting), **new))
    while waiting:
        for one in waiting:
            one["race_started"] = last.get((one["race_id"], None))
            one["seed_started"] = last.get((one["race_id"], one["seed"]))
        first = in_turn([*running, *waiting])[0]
        if not has_place(first, [*running, *waiting], slots):
            running.pop(0)
            continue
        waiting.remove(first)
        begun.append(first["id"])
        running.append(first | {"status": "running", "pid": ME.pid, "started": len(begun)})
        for key in (None, first["seed"]):
            last[first["race_id"], key] = float(len(begun))
    return begun


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_two_races_get_turns_alternately_and_contestants_of_a_seed_go_side_by_side(
    slots: int,
) -> None:
    two = {race: [(seed, 2) for seed in range(3)] for race in "AB"}
    expected = "A0a A0b B0a B0b A1a A1b B1a B1b A2a A2b B2a B2b"
    assert order_of(two, slots) == expected.split()
    third = two | {"C": [(7, 3)]}
    assert order_of(third, slots)[4:10] == ["C7a", "C7b", "C7c", "A1a", "A1b", "B1a"]
    thirty = {race: [(seed, 1) for seed in range(30)] for race in "AB"}
    assert [name[0] for name in order_of(thirty, slots)] == list("AB") * 30


def test_a_late_race_waits_for_one_turn_and_not_for_all() -> None:
    old = [row(i, race_id="A", seed=i, pid=None, race_started=5.0) for i in range(5)]
    late = [row(9, race_id="B", seed=0, pid=None), row(10, race_id="B", seed=1, pid=None)]
    order = [r["id"] for r in in_turn([*old, *late])]
    assert order == ["run 9", "run 0", "run 10", "run 1", "run 2", "run 3", "run 4"]
    taken_up = row(4, race_id="A", seed=4, race_started=5.0)
    order = [r["id"] for r in in_turn([*old[:4], taken_up, *late])]
    assert order[0] == "run 4", "a worker that has it keeps its turn"


def test_the_message_says_how_many_are_ahead() -> None:
    active = [row(1, "running"), row(2), row(3)]
    message = place(active[2], active, slots=1).message
    assert message == "Waits for a free core: 1 running, 1 waiting ahead of it."
    assert "free place on cuda:0" in Place("cuda:0", 2, 2, 0).message
    assert place(active[2], active, slots=9).message == "Starting."
    resumed = place(row(5, started=1.0), [], slots=1)
    assert resumed.message == "Goes on in a moment."


def test_the_gone_and_the_paused_hold_no_place_and_the_silent_do() -> None:
    gone = {"pid_created": born(ME) - 1000}
    silent = {"heartbeat": time.time() - 3600, "steps_done": 5}
    active = [row(1, "running", **gone), row(3, "paused"), row(4, "queued", **gone), row(5)]
    assert has_place(active[-1], active, slots=1)
    assert not has_place(active[-1], [row(2, "running", **silent), *active], slots=1)
    assert not has_place(active[-1], [row(2, "queued", **silent), *active], slots=1)


def test_a_waiting_run_looks_at_no_more_processes_than_there_are_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(places, "is_gone", lambda row: bool(looked.append(row["id"])))
    active = [row(1, "running"), row(2, "running"), *(row(i) for i in range(3, 40))]
    assert not has_place(active[-1], active, slots=2)
    assert looked == ["run 1", "run 2"]


def test_each_device_has_a_queue_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "guess_device", lambda: "cuda:0")
    active = [
        row(1, "running", asked_device="auto"),
        row(2, "running", asked_device="cuda"),
        row(3, "running", device="cpu", asked_device="auto"),  # the guess was wrong
    ]
    on_gpu, on_cpu = row(4, asked_device="cuda:0"), row(5)
    assert not place(on_gpu, [*active, on_gpu, on_cpu]).is_free
    assert place(on_cpu, [*active, on_gpu, on_cpu], slots=2).is_free
    assert place(row(6, asked_device="cuda:1"), active).is_free


def test_what_runs_elsewhere_takes_no_place_here() -> None:
    active = [row(1, "running", host="watched"), row(2, "running", host="cluster"), row(3)]
    assert has_place(active[-1], active, slots=1)
    assert place(active[-1], active, slots=1).running == 0


def test_slots_are_the_cores_or_two_on_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(places.SLOTS_VARIABLE, raising=False)
    if hasattr(os, "sched_getaffinity"):
        assert places.slots_on("cpu") == len(os.sched_getaffinity(0))
    assert places.slots_on("cuda:0") == places.slots_on("mps") == 2
    monkeypatch.setenv(places.SLOTS_VARIABLE, "7")
    assert places.slots_on("cpu") == places.slots_on("cuda:1") == 7


@pytest.mark.flaky(reruns=1, reason="seconds: a heartbeat is young")
def test_a_worker_is_silent_after_four_seconds_and_has_more_before_its_first_step() -> None:
    late = {"heartbeat": time.time() - 10}
    assert not heartbeat.why_silent(row(1, "running", **late))
    assert not heartbeat.why_silent(row(1, steps_done=1, heartbeat=time.time() - 3.5))
    assert "has not answered for 61 s" in heartbeat.why_silent(row(1, heartbeat=time.time() - 61))
    assert "has not answered for 10 s" in heartbeat.why_silent(row(1, steps_done=1, **late))
    assert "for 60 min" in heartbeat.why_silent(row(1, heartbeat=time.time() - 3600))
    assert not heartbeat.is_gone(row(1, "running", steps_done=1, heartbeat=time.time() - 3600))


def test_a_process_number_given_out_again_is_not_the_worker() -> None:
    assert heartbeat.find_process(row(1)) == ME
    assert heartbeat.find_process(row(1, pid_created=born(ME) - 60)) is None
    assert heartbeat.find_process(row(1, pid=None)) is None
    assert heartbeat.is_gone(row(1, pid_created=born(ME) - 60))
    waiting = row(1, pid=None, heartbeat=time.time() - 61)
    assert not heartbeat.is_gone(waiting), "it has no worker yet"
    assert heartbeat.is_forsaken(waiting)
    assert not heartbeat.is_forsaken(row(1, heartbeat=time.time() - 61))
    assert not heartbeat.is_forsaken(row(1, pid=None))
    assert "never started: the launcher has not answered for 61 s" in heartbeat.why_silent(waiting)


@pytest.mark.skipif(sys.platform != "linux", reason="sets the clock as Linux shows it")
@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_setting_the_clock_makes_no_process_go(
    monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    worker = row(1, "running", steps_done=5)
    boot, now = psutil.boot_time(), time.time
    # Where the kernel's clock is set, its boot time since the epoch moves, and so do all births.
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: boot + jump)
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    assert abs(psutil.Process().create_time() - ME.create_time()) == pytest.approx(3600, abs=2)
    assert not heartbeat.is_gone(worker)
    assert heartbeat.why_silent(worker), "until it answers by the new clock"
    assert not heartbeat.why_silent(worker | {"heartbeat": time.time()})
