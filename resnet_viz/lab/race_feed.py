"""A feed: what a process knows of a race, read once for all who look at it.

Thirty viewers of a race share one reader: the store is asked a few times a second, whoever and
however many ask the feed, and what comes back stays the same object until there is something new.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType
from typing import Any, TypeVar, cast

from resnet_viz.lab.lab import Lab
from resnet_viz.lru import LruDict
from resnet_viz.quantities.points import FINAL
from resnet_viz.quantities.records import History, Series
from resnet_viz.store.database import StoreError, last_write
from resnet_viz.store.run import Run
from resnet_viz.text import distinct

READ_SECONDS = 0.4
LOOK_SECONDS = 0.2
"""So often who follows a race asks for it."""
FIRST_SECONDS, NEW_SECONDS = 0.02, 5.0
"""Both of a race that is new here, until all its nets have a record: who began it waits for their
first points. It is read where something was written. One that waits for its place is read as all
others: it may do so for long."""
MARK_SECONDS = 30.0
"""So often, at most, the store is told that somebody looks at runs that are paused."""
WINDOW = 2000
"""Steps that are read from the store at once."""
MOST_STEPS = 2048
"""Steps of a quantity that are kept: of a longer run every second, fourth, ... and the newest."""
MOST_CLOSE = 32
"""Parts of quantities that are kept, each of at most `MOST_STEPS` steps, for who looks closely."""
MOST_MADE = 128
"""Things made of one look that are kept: pictures of that many steps, say."""

_Made = TypeVar("_Made")


@dataclass(frozen=True, eq=False)
class Look:
    """What was known of a race at one moment; it does not change, and threads may share it.

    `problem` says why nothing newer could be read; `is_gone`: the race is in the store no more.
    `newest` is the newest step that each net under way, of those with a record, has come to with
    one of its seeds; -1 before there is one. It does not fall when a further net begins, which then
    is behind.
    """

    runs: Sequence[Run] = ()
    histories: Mapping[str, History] = field(default_factory=dict)
    problem: str = ""
    is_gone: bool = False
    newest: int = -1
    _made: LruDict[object, Any] = field(default_factory=lambda: LruDict(MOST_MADE), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.is_gone or all(run.is_over for run in self.runs)

    @property
    def steps(self) -> int:
        """The steps that a picture of the race has room for: as many as there will be. While nobody
        knows, as of a watched net, it is a power of two, so that it seldom changes."""
        done = max((run.steps_done for run in self.runs), default=0)
        known = max((run.steps or run.steps_done for run in self.runs), default=0)
        return max(known, 32, 1 << done.bit_length()) if self.is_open else known

    @property
    def is_open(self) -> bool:
        """Whether nobody knows how many steps there will be."""
        is_unknown = any(run.steps < max(1, run.steps_done) for run in self.runs)
        return is_unknown and not self.is_over

    def history(self, run: Run) -> History:
        """What was read of `run`."""
        return self.histories.get(run.id) or History()

    def gone(self, why: str) -> Look:
        """The same race once it is in the store no more."""
        problem = f"This race is no longer in the store: {why}. What was read of it stays."
        return Look(self.runs, self.histories, problem, is_gone=True, newest=self.newest)

    def once(self, key: object, make: Callable[[], _Made]) -> _Made:
        """What `make` makes of this look, made once under `key` however many ask for it."""
        with self._lock:
            return cast(_Made, self._made.fetch(key, make))


class Feed:
    """A race, or runs of several, read when someone looks and the last look is old enough.

    `of` is the race's id, or the ids of runs: they are then looked at as contestants of one race,
    each under a name of its own.
    """

    def __init__(self, lab: Lab, of: str | tuple[str, ...]) -> None:
        self._lab = lab
        self._of = of
        self._lock = threading.Lock()
        self._growing: dict[str, History] = {}
        self._completed: set[str] = set()
        self._started: dict[str, float] = {}
        self._newest = Look()
        self._read_at = -inf
        self._last_write: object = None
        self._made_at = time.monotonic()
        self._marked_at = -inf
        self._close: LruDict[tuple[str, str, int, int], Series] = LruDict(MOST_CLOSE)

    def look(self) -> Look:
        """The race as it was less than half a second ago; a failing store is told, not raised.

        Raises:
            ValueError: for an id that is no race's, if it was never seen.
        """
        with self._lock:
            if self._is_old():
                self._last_write = last_write(self._lab.home)  # before it is read
                self._newest = self._read()
                self._read_at = time.monotonic()
            return self._newest

    def closer(self, look: Look, name: str, between: tuple[int, int]) -> Look:
        """`look` with as many steps of a quantity as are kept of a run, but between two steps.

        Where the store fails it is `look` itself, which is coarser.
        """
        try:
            histories = {
                run.id: look.history(run).closer(name, self._more(run, name, between))
                for run in look.runs
                if name in run.quantities
            }
        except (StoreError, ValueError):
            return look
        return Look(look.runs, {**look.histories, **histories}, look.problem, look.is_gone)

    def _more(self, run: Run, name: str, between: tuple[int, int]) -> Series:
        """Read once: what is in the store does not change."""
        begin, end = max(0, between[0]), min(between[1] + 1, run.steps_done)
        every = 1
        while (end - begin) // every > MOST_STEPS:
            every *= 2
        key = run.id, name, begin, end
        with self._lock:
            return self._close.fetch(key, lambda: self._lab.series(run, name, (begin, end), every))

    def expire(self) -> None:
        """Something was done to the race: the next look is to be a new one."""
        with self._lock:
            self._read_at = -inf

    @property
    def seconds(self) -> float:
        """So soon to look again."""
        return FIRST_SECONDS if self._awaits_first_records() else LOOK_SECONDS

    def _is_old(self) -> bool:
        """Whether the last look is not new enough."""
        age = time.monotonic() - self._read_at
        if age >= FIRST_SECONDS and self._awaits_first_records():
            return age >= READ_SECONDS or last_write(self._lab.home) != self._last_write
        return age >= READ_SECONDS

    def _awaits_first_records(self) -> bool:
        is_new = time.monotonic() - self._made_at < NEW_SECONDS
        return is_new and not (self._growing and all(map(len, self._growing.values())))

    def _read(self) -> Look:
        before = self._newest
        try:
            runs = self._runs()
            # Runs first: a run that is over then has all its records in what is read next.
            grown = [run.id for run in runs if self._follow(run)]
            self._mark(runs)
        except StoreError as error:
            return self._unless_same(before, before.runs, str(error))
        except ValueError as error:
            if not before.runs:
                raise
            gone = before.gone(str(error))
            return before if before.problem == gone.problem else gone
        if not grown:
            return self._unless_same(before, runs, "")
        return self._after(before, runs, "")

    def _mark(self, runs: Sequence[Run]) -> None:
        """Say of those that are paused that somebody looks: they keep their processes."""
        paused = [run.id for run in runs if run.status == "paused"]
        if not paused or time.monotonic() - self._marked_at < MARK_SECONDS:
            return
        self._marked_at = time.monotonic()
        with suppress(StoreError):  # one that cannot be written can still be read
            self._lab.look_at(paused)

    def _runs(self) -> Sequence[Run]:
        if isinstance(self._of, str):
            return self._lab.race_runs(self._of)
        runs = [self._lab.get(run_id) for run_id in self._of]
        names = distinct(run.name for run in runs)
        return [
            run._replace(contestant=number, name=name)
            for number, (run, name) in enumerate(zip(runs, names, strict=True))
        ]

    def _unless_same(self, before: Look, runs: Sequence[Run], problem: str) -> Look:
        same = (list(before.runs), before.problem, before.is_gone) == (list(runs), problem, False)
        return before if same else self._after(before, runs, problem)

    def _after(self, before: Look, runs: Sequence[Run], problem: str) -> Look:
        frozen = {run_id: history.frozen() for run_id, history in self._growing.items()}
        histories = MappingProxyType(frozen)
        newest = max(before.newest, _newest_step(runs, histories))
        return Look(runs, histories, problem, newest=newest)

    def _follow(self, run: Run) -> bool:
        """Read what is new of a run; whether there was anything."""
        if run.started and self._started.setdefault(run.id, run.started) != run.started:
            # It began again elsewhere: what its next attempt measures takes the place of this.
            self._started[run.id] = run.started
            self._growing[run.id] = History(most=MOST_STEPS)
        history = self._growing.setdefault(run.id, History(most=MOST_STEPS))
        before = len(history)
        while run.steps_done > len(history):
            begin = len(history)
            history.extend(self._lab.records(run.id, begin, begin + WINDOW))
            if len(history) == begin:
                break  # they were deleted a moment ago
        return self._complete(run, history) or len(history) > before

    def _complete(self, run: Run, history: History) -> bool:
        """Read what was measured at the end, after the last record: once, when the run is over."""
        if not run.is_over or run.id in self._completed or not len(history):
            return False
        self._completed.add(run.id)
        if FINAL in history.quantities or FINAL not in run.quantities:
            return False
        for record in self._lab.records(run.id, len(history) - 1, quantities=(FINAL,)):
            history.complete(record)
        return FINAL in history.quantities


def _newest_step(runs: Sequence[Run], histories: Mapping[str, History]) -> int:
    """The step of the hindmost net under way that has a record; of a race that is over the last.

    A net is where the furthest of its seeds is.
    """
    counts: dict[tuple[str | None, int], int] = {}
    for run in runs:
        net = run.race_id, run.contestant
        counts[net] = max(counts.get(net, 0), len(histories.get(run.id, ())))
    nets = {(run.race_id, run.contestant) for run in runs if not run.is_over}
    under_way = [counts[net] for net in nets if counts[net]]
    return min(under_way or [max(counts.values())]) - 1
