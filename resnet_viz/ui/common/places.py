"""A few places for many: who asks first is served first, and who leaves gives the place up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.2


class Places:
    """`most` places; safe with any number of threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: list[object] = []
        self._lock = threading.Lock()

    @contextmanager
    def one(self, waiting: Callable[[int], None]) -> Iterator[None]:
        """Holds a place; until there is one, `waiting` is told how many go before.

        Whatever `waiting` raises, as Streamlit does when a visitor leaves, ends the wait.
        """
        ticket = object()
        with self._lock:
            self._line.append(ticket)
        try:
            while (before := self._before(ticket)) > 0:
                waiting(before)
                time.sleep(_LOOK_SECONDS)
            yield
        finally:
            with self._lock:
                self._line.remove(ticket)

    def _before(self, ticket: object) -> int:
        """How many have to end first; 0 or less with a place."""
        with self._lock:
            return self._line.index(ticket) + 1 - self._most
