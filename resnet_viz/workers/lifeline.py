"""What ties a launcher's helper to its launcher: it ends with it, until it has work of its own.

Linux ends it, whatever it is doing. Elsewhere a thread waits at a pipe whose other end the launcher
alone holds; a library that is just being loaded may keep that thread from running for a while.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from queue import SimpleQueue

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MOST_BYTES = 1024


def tie_to(launcher: int) -> None:
    """Have Linux kill this process as soon as the process `launcher`, whose main thread has begun
    it, has ended; nothing on other systems."""
    if sys.platform == "linux":
        _at_its_end(signal.SIGKILL)
        if os.getppid() != launcher:  # it ended before that was said
            os._exit(1)


def untie() -> None:
    """Let this process go on when its launcher has ended: it has work of its own."""
    _at_its_end(0)


class Told:
    """What this process is told on its standard input, one line; where that ends before, as it does
    with who holds the other end, so does this process at once, whatever it is doing."""

    def __init__(self) -> None:
        self._words: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._wait, daemon=True).start()

    def words(self) -> list[str]:
        """They, once they are there."""
        return self._words.get().split()

    def _wait(self) -> None:
        told = os.read(0, _MOST_BYTES).decode()  # sys.stdin's lock would be in the way at an exit
        if not told:
            os._exit(0)
        self._words.put(told)


def _at_its_end(number: int) -> None:
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "prctl"):
        library.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
