"""Spare worker: a process that the launcher keeps warm for what comes next.

    python -m resnet_viz.workers.spare_worker PROCESS_NUMBER_OF_THE_LAUNCHER

It imports torch ahead of its task, and is then its worker.
"""

from __future__ import annotations

import sys

from resnet_viz.workers import lifeline


def main(launcher: int) -> int:
    """Be one; the exit status."""
    lifeline.tie_to(launcher)  # before anything is imported that takes long
    told = lifeline.Told()
    from resnet_viz.workers.worker_pool import be_spare  # noqa: PLC0415

    return be_spare(told)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
