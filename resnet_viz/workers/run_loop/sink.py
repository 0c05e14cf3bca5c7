"""Sink: where a run's worker brings what it makes, and whence its orders come.

On this machine it is the store itself (local_sink.py), elsewhere a writer beside the store. The
loop of the training (loop.py) knows neither.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.checkpoint_index import Weights


class Sink(Protocol):
    """One attempt at a run. `Stopped` and `Parked` are raised where the worker is to end."""

    @property
    def spec(self) -> RunSpec:
        """What is trained."""

    @property
    def ends_early(self) -> bool:
        """Whether a run that cannot recover is ended, as those of sweeps are."""

    @property
    def recorded(self) -> int:
        """Steps that were on record when this attempt began."""

    @property
    def state_step(self) -> int | None:
        """The step that the run's saved state begins with; None once it has gone further."""

    @property
    def interval(self) -> float:
        """Seconds from the begin of a step to that of the next, at least."""

    def may_begin(self) -> bool:
        """Whether to load what the run needs."""

    def begin(self, device: str, threads: int, header: str) -> None:
        """The training is about to begin, on that device."""

    def saved_state(self) -> Path:
        """The file of the state that the run has, to go on from."""

    def take(self, record: StepRecord) -> None:
        """A step that was done: it is delivered soon."""

    def deliver(self) -> None:
        """Deliver what was taken, at once."""

    def add_end(self, record: StepRecord) -> None:
        """What the last record, which is delivered, did not have yet."""

    def may_step(self, done: int) -> bool:
        """Whether to do a step now, where `done` are; one that was asked for is used up by it."""

    def is_to_rest(self) -> bool:
        """Whether a paused run is to give up its process; for to be asked often."""

    def keep(self, step: int, weights: Weights, /) -> None:
        """Keep the weights after so many steps."""

    def give_up(self) -> None:
        """Give up the process of a paused run that has not begun, or whose state is kept."""

    def check_room(self, size: int) -> None:
        """OSError, with why, where there is no room for a state of so many bytes."""

    def give_up_with(self, step: int, write: Callable[[Path], None]) -> None:
        """The same, with the state that `write` puts into a file: both or neither."""

    def finish(self, status: str, message: str = "") -> None:
        """Deliver what was taken, and how the run ended."""
