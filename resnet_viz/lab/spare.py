"""python -m resnet_viz.lab.spare NUMBER: a process of the launcher with that number, kept warm.

It imports torch ahead of its task, and is then its worker.
"""

from __future__ import annotations

import sys

from resnet_viz.lab import lifeline


def main(launcher: int) -> int:
    """Be one; the exit status."""
    lifeline.tie_to(launcher)  # before anything is imported that takes long
    told = lifeline.Told()
    from resnet_viz.lab.brood import be_spare  # noqa: PLC0415

    return be_spare(told)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
