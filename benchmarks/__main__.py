"""python -m benchmarks [PART ...]: run the benchmarks and print each result as it comes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from rich.console import Console

from tests.launchers import end_all_with_this_process

PARTS = (
    "looking",
    "planning",
    "drawing",
    "finding",
    "in_notebook",
    "probing",
    "watching",
    "racing",
    "first_point",
    "first_visit",
    "redraw",
    "recolouring",
    "updating",
    "slider",
    "playing",
    "reporting",
    "viewers",
    "wishes",
    "crowd",
    "random_use",
    "many_runs",
    "clustering",
)


def main(parts: Sequence[str]) -> int:
    """Run `parts`, or all: 1 where a goal was missed or a part broke off, 2 for an unknown part."""
    end_all_with_this_process()
    console = Console()
    if unknown := set(parts) - set(PARTS):
        console.print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    failed, missed = [], False
    for part in parts or PARTS:
        console.rule(part, align="left")
        try:
            for result in import_module(f"benchmarks.{part}").run():
                missed |= result.met is False
                met = {True: "yes", False: "NO", None: ""}[result.met]
                console.print(f"{result.what}: [b]{result.value}[/b]  {result.goal}  {met}")
        except Exception:  # noqa: BLE001  the other parts are not lost with it
            console.print_exception()
            failed.append(part)
    if failed:
        console.print(f"broken off: {', '.join(failed)}")
    return int(missed or bool(failed))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
