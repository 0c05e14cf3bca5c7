"""Judge of a race's file from elsewhere: a process that reads it, for a limited time.

A file that is damaged on purpose may keep SQLite busy for ever, or end the process that reads it.
So none is opened by whoever asks for it, such as the app's server: this process copies the rows to
a file of our own, looks at every value, and says what is wrong on standard output.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from resnet_viz.lab.race_file import attachments, untrusted, untrusted_records
from resnet_viz.lab.race_file.import_folder import import_folder
from resnet_viz.lab.race_file.plain_copy import check_file, copy_rows
from resnet_viz.scheduler.launcher_client import environment
from resnet_viz.text import shorten

LEAST_SECONDS = 60.0
_BYTES_A_SECOND = 4e6
_REFUSED = 3


def limit_seconds(size: int) -> float:
    """How long a file of so many bytes may be looked at."""
    return LEAST_SECONDS + size / _BYTES_A_SECOND


@contextmanager
def opened(file: Path, home: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy, in a folder of `home`, of a race's file that was found sound.

    Raises:
        ValueError: for a file that is no race's, damaged, huge or of a newer version.
    """
    with untrusted.named(file):
        check_file(file)
    with import_folder(home) as folder:
        copy = folder / "copy.sqlite3"
        judge_apart(file, copy)
        with closing(untrusted.connect(copy)) as connection:
            yield connection


def size_of(source: sqlite3.Connection) -> int:
    """Bytes that a race which was found sound takes, and so will in the store."""
    pages, size = (source.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "page_size"))
    return int(pages * size)


def judge(file: Path, target: Path) -> None:
    """Copy the rows of `file` to `target`, and look at every value.

    Raises:
        ValueError: one sentence on what is wrong.
    """
    with untrusted.named(file):
        copy_rows(file, target)
    with closing(untrusted.connect(target)) as source:
        race = untrusted.read_race(source, file)
        for run in race.runs:
            for _ in untrusted_records.portions(source, file, run):
                pass
            attachments.results(source, file, run)
            for _ in attachments.weights(source, file, run):
                pass


def judge_apart(file: Path, target: Path) -> None:
    """The same in a process of its own, which is ended when its time is over.

    Raises:
        ValueError: one sentence on what is wrong.
    """
    limit = limit_seconds(file.stat().st_size)
    name = shorten(str(file), 200)
    files = str(file.absolute()), str(target)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "resnet_viz.lab.race_file.judge", *files],
        stdin=subprocess.PIPE,  # it ends once this is closed, and so with this process
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(target.parent),
    )
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"the file {name} takes too long to read: more than {limit:.0f} s for its size"
        ) from None
    finally:
        process.kill()
        answer, _ = process.communicate()
    if status == _REFUSED:
        raise ValueError(answer.decode().replace(shorten(str(file.absolute()), 200), name))
    if status:
        raise ValueError(f"the file {name} is damaged: reading it ended with an error")


def _end_with_parent() -> None:
    """End, also in the middle of a query, once whoever asked is gone."""

    def wait() -> None:
        os.read(0, 1)  # not sys.stdin: its lock would be held when the process ends by itself
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _main(file: Path, target: Path) -> int:
    _end_with_parent()
    try:
        judge(file, target)
    except ValueError as error:
        sys.stdout.buffer.write(str(error).encode())
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(*map(Path, sys.argv[1:])))
