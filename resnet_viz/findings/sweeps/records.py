"""Records of a sweep's runs: read once each, shared by all who look at the sweep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from resnet_viz.findings.final_level import FINAL
from resnet_viz.findings.sweeps.courses import Histories, is_over
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Cell
from resnet_viz.lru import LruDict
from resnet_viz.quantities.records import History
from resnet_viz.store.database import StoreError

MOST_STEPS = 2048
"""Of a longer run every second step is read, or every fourth, ..., and the last."""
_MOST_KEPT, _MOST_MADE = 5_000, 64
READ_SECONDS = 0.4
"""For so long one look reads records; the next look goes on."""
_Made = TypeVar("_Made")


class SweepRecords:
    """The losses, accuracies and ends of runs, and what was made of them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._over: LruDict[str, History] = LruDict(_MOST_KEPT)
        self._made: LruDict[Hashable, Any] = LruDict(_MOST_MADE)

    def of(
        self, cells: Sequence[Cell], *, live: bool = False, seconds: float = READ_SECONDS
    ) -> tuple[Histories, int]:
        """The histories of the runs that are over, with `live` also of those under way; and how
        many were not read for want of time."""
        found: dict[str, History] = {}
        until, left = time.monotonic() + seconds, 0
        with self._lock:
            for cell in cells:
                if cell.run_id is None or not (live or is_over(cell)):
                    continue
                if cell.run_id not in self._over and time.monotonic() > until:
                    left += 1
                    continue
                with suppress(ValueError, StoreError):  # deleted, or damaged
                    found[cell.run_id] = self._history(cell, cell.run_id)
        return found, left

    def made(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What `make` makes, made once for each key."""
        with self._lock:
            made: _Made = self._made.fetch(key, make)
            return made

    def _history(self, cell: Cell, run_id: str) -> History:
        if is_over(cell):
            return self._over.fetch(run_id, lambda: self._read(cell, run_id))
        return self._read(cell, run_id)

    def _read(self, cell: Cell, run_id: str) -> History:
        every = 1
        while cell.steps_done // every > MOST_STEPS:
            every *= 2
        history = History(self._lab.records(run_id, quantities=(FINAL,), every=every))
        if every > 1 and len(history):
            after = int(history.steps[-1]) + 1
            history.extend(self._lab.records(run_id, after, quantities=(FINAL,))[-1:])
        return history
