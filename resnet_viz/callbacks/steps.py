"""Steps of a training that another library's loop makes, recorded by Lab.watch."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from resnet_viz.lab.argument_types import checks_arguments
from resnet_viz.lab.lab import Lab
from resnet_viz.workers.watched_run import Watched


class Steps:
    """A watched run that begins and ends with a trainer's training."""

    @checks_arguments
    def __init__(self, lab: Lab | None, name: str, blocks: Sequence[str], log_to: str) -> None:
        self._lab, self._name, self._blocks, self._log_to = lab, name, blocks, log_to
        self._watched: Watched | None = None
        self.run_id = ""

    def begin(self, model: nn.Module, steps: int | None) -> None:
        """Training begins; one that was under way has failed."""
        self.end(RuntimeError("it began again before it ended"))
        lab = self._lab or Lab()
        watched = lab.watch(model, self._name, self._blocks, steps, log_to=self._log_to)
        self._watched = watched.__enter__()
        self.run_id = self._watched.run_id

    def step(self, loss: Tensor | float) -> None:
        """The optimiser has made a step."""
        if self._watched is not None:
            self._watched.step(loss)

    def end(self, error: BaseException | None = None) -> None:
        """Training is over: finished, or given up because of `error`."""
        watched, self._watched = self._watched, None
        if watched is not None:
            watched.__exit__(None if error is None else type(error), error, None)
