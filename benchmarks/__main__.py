"""python -m benchmarks [PART ...]: run the benchmarks and print one table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from rich.console import Console
from rich.table import Table

from tests.launchers import end_all_with_this_process

PARTS = (
    "looking",
    "planning",
    "drawing",
    "probing",
    "watching",
    "racing",
    "first_point",
    "redraw",
    "recolouring",
    "updating",
    "slider",
    "reporting",
    "viewers",
    "wishes",
    "crowd",
    "random_use",
    "many_runs",
)


def main(parts: Sequence[str]) -> int:
    """Run `parts`, or all of them; 1 where a goal was missed, 2 for an unknown part."""
    end_all_with_this_process()
    console = Console()
    if unknown := set(parts) - set(PARTS):
        console.print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    table = Table("what", "measured", "goal", "met")
    missed = False
    for part in parts or PARTS:
        with console.status(part):
            for result in import_module(f"benchmarks.{part}").run():
                missed |= result.met is False
                met = {True: "yes", False: "NO", None: ""}[result.met]
                table.add_row(result.what, result.value, result.goal, met)
    console.print(table)
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
