"""Digests of the listed runs, shared by all sessions: each run is read once, and only when its row
is shown."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import streamlit as st

from resnet_viz.findings.digest import Digest, digest_of
from resnet_viz.findings.final_level import FINAL
from resnet_viz.lab.lab import Lab
from resnet_viz.lru import LruDict
from resnet_viz.quantities.records import History
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run

MOST_STEPS = 4096
"""Of a longer run every second step is read, or every fourth, ..., and the last."""
_MOST_KEPT, _MOST_GROWING = 20_000, 200


READ_SECONDS = 0.4
"""For so long a run of the page reads digests of races that it does not show, to sort by them."""


class Digests:
    """The digests of the runs of a lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._over: LruDict[str, Digest] = LruDict(_MOST_KEPT)
        self._growing: LruDict[str, tuple[int, History]] = LruDict(_MOST_GROWING)

    def of(self, run: Run) -> Digest:
        """The digest of `run`; an empty one where its records are damaged, or were deleted."""
        with self._lock, suppress(ValueError, StoreError):
            if run.is_over:
                return self._over.fetch(run.id, lambda: digest_of(run, self._read(run)))
            return digest_of(run, self._follow(run))
        return Digest()

    def has(self, run: Run) -> bool:
        """Whether nothing need be read for the digest of `run`."""
        return run.id in self._over

    def _read(self, run: Run) -> History:
        """The losses of a run that is over, and its end."""
        every = _every(run)
        history = History(self._lab.records(run.id, quantities=(FINAL,), every=every))
        if every > 1:
            history.extend(self._lab.records(run.id, _next(history), quantities=(FINAL,))[-1:])
        return history

    def _follow(self, run: Run) -> History:
        """The losses of a run under way: those that are new are read, and added."""
        every = _every(run)
        before, history = self._growing.get(run.id, (every, History()))
        if before != every:
            history = History()
        if run.steps_done > _next(history):
            news = self._lab.records(run.id, _next(history), quantities=(), every=every)
            history.extend(news)
        self._growing[run.id] = every, history
        return history


class Reading:
    """The digests that a run of the page asks for, of thousands as many as it has time for.

    `left` is how many runs were not read.
    """

    def __init__(self, known: Digests) -> None:
        self._known = known
        self._until = time.monotonic() + READ_SECONDS
        self.left = 0

    def of(self, run: Run) -> Digest:
        """The digest of `run`; an empty one where there is no time left to read it."""
        if self._known.has(run) or time.monotonic() < self._until:
            return self._known.of(run)
        self.left += 1
        return Digest()


def _every(run: Run) -> int:
    every = 1
    while run.steps_done // every > MOST_STEPS:
        every *= 2
    return every


def _next(history: History) -> int:
    """The step after the last one of a history."""
    return int(history.steps[-1]) + 1 if len(history) else 0


@st.cache_resource(show_spinner=False)
def digests(_lab: Lab, home: str) -> Digests:
    """The digests of the lab in the folder `home`, which all sessions share."""
    return Digests(_lab)
