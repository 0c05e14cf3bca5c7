"""Digest of a run: what a line in a list says of it, from its losses alone."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.findings.claims.learning import Course
from resnet_viz.findings.contestant import Contestant, thinned
from resnet_viz.findings.final_level import FINAL
from resnet_viz.quantities.records import History
from resnet_viz.store.run import Run

MOST_POINTS = 40


@dataclass(frozen=True)
class Digest:
    """The digest of a run: the step at which it diverged (None if it did not), its accuracy at the
    end (None if nobody knows), and at most 40 of its losses as (step, loss).

    `is_held_out`: the accuracy is of images that the net has never seen, and not of training ones.
    """

    diverged: int | None = None
    accuracy: float | None = None
    is_held_out: bool = False
    losses: tuple[tuple[int, float], ...] = ()


def digest_of(run: Run, history: History) -> Digest:
    """The digest of a run by its losses, its accuracies and its measured end."""
    if not len(history):
        return Digest()
    course = Course(_contestant(run, history), len(history))
    end, steps, losses = course.end, history.steps, history.loss
    return Digest(
        course.diverged,
        next((e.value for e in (end.held_out_accuracy, end.accuracy) if e is not None), None),
        end.held_out_accuracy is not None,
        tuple((int(steps[i]), float(losses[i])) for i in thinned(len(history), MOST_POINTS)),
    )


def _contestant(run: Run, history: History) -> Contestant:
    """The run as the rules for its course see it, without its layers."""
    spec = None if run.is_watched else run.spec
    quantities = run.quantities
    return Contestant(
        run.name,
        "",
        (),
        history,
        spec.adapted.num_classes if spec else None,
        {FINAL: quantities[FINAL]} if FINAL in quantities else {},
        batch_size=spec.batch_size if spec else None,
    )
