"""Who is at work in a folder: a file that one process at a time holds locked.

The lock goes with its process, however that ends, and is not inherited by a fork.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil

from resnet_viz.scheduler.heartbeat import born, find_by_birth
from resnet_viz.store.migrations import SCHEMA_VERSION

PROTOCOL = 1 + SCHEMA_VERSION
"""How programs, launchers and workers understand each other through a folder. Raise the 1 whenever
an older one would get something wrong that a newer one writes there; new tables count already."""
_FILE_NAME = "launcher.lock"
_TRIES = 5
_FAR = 1 << 20  # Windows locks bytes and lets nobody read them: not those of the text


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock; `kind`: which code it runs with which settings.

    Its `protocol` is 0 where it is of a version that knew none. (Such a version takes what is
    written here for nothing, and leaves whoever holds the lock alone.)
    """

    pid: int
    birth: float
    kind: str
    protocol: int = 0

    @classmethod
    def me(cls, kind: str) -> Holder:
        """This process."""
        return cls(os.getpid(), born(psutil.Process()), kind, PROTOCOL)

    @property
    def process(self) -> psutil.Process | None:
        """It, unless it has ended."""
        return find_by_birth(self.pid, self.birth)


@contextmanager
def held(home: Path, kind: str, name: str = _FILE_NAME) -> Iterator[int | None]:
    """Hold the lock of the folder `home`: the open file, or None where another process does."""
    file = os.open(home / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock_soon(file):
            yield None
            return
        os.truncate(file, 0)
        os.write(file, json.dumps(asdict(Holder.me(kind))).encode())
        yield file
    finally:
        os.close(file)


def is_free(home: Path, name: str = _FILE_NAME) -> bool:
    """Whether nobody holds the lock of `home` at this moment."""
    file = os.open(home / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return _lock(file)
    finally:
        os.close(file)


def holder(home: Path) -> Holder | None:
    """Who holds the lock of `home`, or held it last; None where that is not (yet) written."""
    try:
        content = json.loads((home / _FILE_NAME).read_bytes())
        known = {field.name for field in fields(Holder)}  # a later version may say more
        return Holder(**{name: value for name, value in content.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def current(home: Path) -> Holder | None:
    """Who holds the lock of `home` at this moment; None where nobody does, or who is unknown."""
    return None if is_free(home) else holder(home)


def _lock_soon(file: int) -> bool:
    """Lock it, or try again: whoever looks whether it is free holds it for a moment."""
    for _ in range(_TRIES):
        if _lock(file):
            return True
        time.sleep(0.02)
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
