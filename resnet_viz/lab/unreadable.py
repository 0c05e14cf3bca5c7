"""What is known of runs whose specs this version cannot read: their rows, and how well they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import WINDOW
from resnet_viz.quantities.records import History
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run, UnreadableRun
from resnet_viz.text import capital


def runs_of(lab: Lab, ids: Sequence[str]) -> Sequence[Run | UnreadableRun]:
    """The runs with one of these ids, or of races with one, in order; none where all can be read.

    Those that can be read are among them, for who looks for the whole of a race.
    """
    runs = [run for run in lab.everything() if run.id in ids or run.race_id in ids][::-1]
    return runs if any(isinstance(run, UnreadableRun) for run in runs) else ()


def sentences_of(run: UnreadableRun) -> Iterator[str]:
    """How it stands, and why it is not shown as others are."""
    if run.status:
        of = f" of {run.steps:,}" if run.steps else ""
        yield f"{run.name}: {run.status}, step {run.steps_done:,}{of}."
    else:
        yield f"{run.name}: how it stands is not known."
    if run.message:
        yield run.message
    yield f"{capital(run.reason)}."


def curve_of(lab: Lab, run: UnreadableRun) -> History:
    """Loss and accuracy by step; none where they cannot be read either."""
    history, since = History(), 0
    try:
        while records := lab.records(run.id, since, since + WINDOW, ()):
            history.extend(records)
            since += WINDOW
    except (ValueError, StoreError):  # its row is damaged, or it was deleted meanwhile
        return history
    return history
