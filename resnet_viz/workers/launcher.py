"""Launcher: the one process that begins workers for a store's folder.

    python -m resnet_viz.workers.launcher KIND

It imports torch once and then hands out places: a run or job that waits is a row and no process.
Any number may be started; the one that gets the folder's lock stays. Nothing depends on its life:
its workers go on without it, and the next that is started finds what waits in the store. It goes by
itself when it was idle for long, and when its folder or store is gone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from resnet_viz.scheduler import launcher_lock

NICENESS = 5


def main(kind: str) -> int:
    """A launcher of `kind`; the exit status."""
    if hasattr(os, "nice"):  # not on Windows; the pages' server and the browser go first
        os.nice(max(0, NICENESS - os.nice(0)))
    home = Path(os.environ["RESNET_VIZ_HOME"])
    dispatcher = None
    while True:
        with launcher_lock.held(home, kind) as mine:  # before anything is imported that takes long
            if not mine:
                return 0
            from resnet_viz.workers.dispatcher import make_dispatcher  # noqa: PLC0415

            dispatcher = dispatcher or make_dispatcher(home)
            dispatcher.serve()
        # Who queued a run a moment ago may have found the lock still held, and left it to us.
        if not dispatcher.is_needed():
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
