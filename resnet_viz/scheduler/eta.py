"""How long runs take, and wait for a place: from step times that were measured here.

All of it is "about": how long a step takes depends on what else the computer does.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache, partial

from resnet_viz.arch.plan import plan
from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler.places import ahead, queue_of, slots_on
from resnet_viz.store.stored_spec import read_spec
from resnet_viz.text import Words

_ALIKE = 8
"""Earlier runs with as many parameters that are looked at for one that trains alike."""
_APART = ("name", "seed", "steps", "lr", "momentum", "nesterov", "weight_decay", "warmup_steps")
"""Fields of a spec on which a step's time does not depend."""

# The index alone is read: the rows, with their specs, are many times larger.
_EARLIER = """
SELECT position FROM runs INDEXED BY runs_alike
WHERE status IN ('stopped', 'finished', 'failed', 'interrupted') AND params = ? AND steps_done > 2
ORDER BY position DESC LIMIT ?
"""


def step_times(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> Mapping[int, float]:
    """Seconds a step of those runs, by position, of which it is known.

    Their own; that of one alike; else that of the first whose own is known, by the MACs of a step.
    Slow motion counts.
    """
    times: dict[int, float] = {}
    alike = cache(partial(_of_one_alike, connection, rows))
    for row in rows:
        own = _measured(connection, row["position"])
        if own is None:
            own = alike(_way(row["spec"]), row["params"])
        if own is not None:
            times[row["position"]] = own
    times |= _by_macs(rows, times)
    paces = {row["position"]: row["pace"] for row in rows if row["pace"]}
    return {at: max(time, 1 / paces[at]) if at in paces else time for at, time in times.items()}


def _by_macs(rows: Sequence[sqlite3.Row], times: Mapping[int, float]) -> Mapping[int, float]:
    """For the rows that `times` does not know, the first known one's time by their MACs."""
    known = next((row for row in rows if row["position"] in times), None)
    one = None if known is None else _macs(known)
    if known is None or one is None:
        return {}
    unknown = {row["position"]: _macs(row) for row in rows if row["position"] not in times}
    second = times[known["position"]] / one
    return {position: macs * second for position, macs in unknown.items() if macs}


def _macs(row: sqlite3.Row) -> float | None:
    """Of a minibatch's forward pass; None where the spec cannot be read."""
    try:
        spec = read_spec(row["id"], row["spec"])
    except ValueError:
        return None
    return float(plan(spec.adapted).macs * spec.batch_size)


def expected_seconds(
    connection: sqlite3.Connection, specs: Sequence[RunSpec], pace: float | None
) -> float | None:
    """How long such runs take one after the other, as many at once as their device takes."""
    lengths: list[float] = []
    alike = cache(partial(_of_one_alike, connection, ()))
    for spec in specs:
        measured = alike(_way(spec.model_dump_json()), plan(spec.adapted).params)
        if measured is None:
            return None
        lengths.append(spec.steps * max(measured, 1 / pace if pace else 0.0))
    slots = slots_on(expected_device(specs[0].device)) if specs else 1
    return schedule((), lengths, slots)[1]


def step_seconds(connection: sqlite3.Connection, spec: RunSpec) -> float | None:
    """Seconds a step of such a run, as an earlier run of one alike took; None if none did."""
    return _of_one_alike(connection, (), _way(spec.model_dump_json()), plan(spec.adapted).params)


def until_place(
    row: sqlite3.Row, active: Sequence[sqlite3.Row], times: Mapping[int, float]
) -> float | None:
    """Seconds until the queued run `row` has a place; None where that cannot be told.

    Those that run go on to their end, and those whose turn is earlier come first.
    """
    running, earlier = ahead(row, active)
    if any(r["position"] not in times for r in (*running, *earlier)):
        return None
    ends = [_left(r, times) for r in running]
    return schedule(ends, [_left(r, times) for r in earlier], slots_on(queue_of(row)))[0]


def schedule(ends: Sequence[float], lengths: Sequence[float], slots: int) -> tuple[float, float]:
    """When there is a place after what takes `lengths`, one by one, and when the last has ended.

    `ends` are those of what has a place now; all in seconds from now.
    """
    places = sorted(ends)[-slots:] + [0.0] * (slots - len(ends))
    heapq.heapify(places)
    for length in lengths:
        heapq.heapreplace(places, places[0] + length)
    return places[0], max(places)


def about(seconds: float, say: Words = str) -> str:
    """Such as "about 20 s", "about 3 min", "about 2 h", in the language of `say`."""
    if seconds >= 1.5 * 3600:
        return say("about {hours} h").format(hours=round(seconds / 3600))
    if seconds >= 1.5 * 60:
        return say("about {minutes} min").format(minutes=round(seconds / 60))
    return say("about {seconds} s").format(seconds=max(1, round(seconds)))


def _left(row: sqlite3.Row, times: Mapping[int, float]) -> float:
    return float((row["steps"] - row["steps_done"]) * times[row["position"]])


def _measured(connection: sqlite3.Connection, position: int) -> float | None:
    """Seconds a step of a run, from its records; None before its third."""
    ends = [
        connection.execute(
            f"SELECT step, seconds FROM records WHERE run = ? ORDER BY step {order} LIMIT 1",
            (position,),
        ).fetchone()
        for order in ("ASC", "DESC")
    ]
    if ends[0] is None or ends[1]["step"] - ends[0]["step"] < 2:
        return None
    return float((ends[1]["seconds"] - ends[0]["seconds"]) / (ends[1]["step"] - ends[0]["step"]))


def _of_one_alike(
    connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], way: str, params: int
) -> float | None:
    earlier = connection.execute(_EARLIER, (params, _ALIKE)).fetchall()
    under_way = [row["position"] for row in rows if row["params"] == params]
    for position in [*under_way, *(row["position"] for row in earlier)]:
        spec = connection.execute("SELECT spec FROM runs WHERE position = ?", (position,))
        if _way(spec.fetchone()["spec"]) == way:
            measured = _measured(connection, position)
            if measured is not None:
                return measured
    return None


def _way(spec: str) -> str:
    """What of a spec a step's time depends on."""
    try:
        fields = json.loads(spec)
    except ValueError:
        return spec
    if not isinstance(fields, dict):
        return spec
    relevant = {name: value for name, value in fields.items() if name not in _APART}
    return json.dumps(relevant, sort_keys=True)
