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


class Message:
    """A message on standard input. Where that ends before, as it does with who holds the other end,
    so does this process at once, whatever it is doing."""

    def __init__(self) -> None:
        self._read: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._wait, daemon=True).start()

    def content(self) -> bytes:
        """The message, once it is there."""
        return self._read.get()

    def _wait(self) -> None:
        content = os.read(0, _MOST_BYTES)  # sys.stdin's lock would be in the way at an exit
        if not content:
            os._exit(0)
        self._read.put(content)


def _at_its_end(number: int) -> None:
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "prctl"):
        library.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
