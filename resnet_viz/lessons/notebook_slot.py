"""Notebook slot: the student's program with its seven faults, mended one by one and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from resnet_viz.experiments.student_notebook.program import FAULTS, SILENT, STOPPING, Fault
from resnet_viz.lessons.slot import MAIN, Name, Slot

Program = tuple[Fault, ...] | Literal["paper"]
"""The faults that are mended, or the paper's net."""
YOURS = "yours"


def _all_but(fault: Fault) -> tuple[Fault, ...]:
    return tuple(one for one in FAULTS if one != fault)


PROGRAMS: Mapping[str, Program] = {
    "written": (),
    **{f"only_{fault}": _all_but(fault) for fault in STOPPING},
    "mended": FAULTS,
    "paper": "paper",
    **{f"only_{fault}": _all_but(fault) for fault in SILENT},
    "meant": _all_but("blocks"),
    "made_to_run": STOPPING,
}
"""What is run beside the reader's program: as written, with one fault left, with none, as meant
(its author meant six blocks), with no more mended than it takes to run, and the paper's net."""
NUMBERS = ("error", "line", "loss", "ratio", "size", "parameters", "seconds")
"""What stops the program, and at which line; its loss at the end; the first layer's gradient over
the last one's, before training; the size of the maps of conv5; seconds per step."""


class NotebookSlot(Slot):
    """The student's program as the reader has mended it, run for so many steps."""

    kind: Literal["notebook"]
    name: Name = MAIN
    steps: Annotated[int, Field(ge=10, le=100)] = 30

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """Which fault stops the program as written; of the silent ones, which alone leaves the
        smallest gradient at the first layer, the highest loss, and the most seconds per step; and
        what becomes of the reader's program."""
        silent = (*SILENT, "undecided")
        return {
            "first_error": (*STOPPING, "undecided"),
            "smallest_gradient": silent,
            "highest_loss": silent,
            "slowest": silent,
            YOURS: ("stops", "runs"),
        }

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name: `loss_meant`, `ratio_only_addition`."""
        named = (f"{of}_{program}" for of in NUMBERS for program in (*PROGRAMS, YOURS))
        return ("steps", *named)

    def curves(self) -> Sequence[str]:
        """None that a reader draws."""
        return ()
