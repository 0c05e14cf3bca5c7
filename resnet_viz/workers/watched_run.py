"""Lab.watch: a net that is trained in a program of its own, measured there and recorded here."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.database import Store
from resnet_viz.store.header import FoundShortcut, Shortcuts
from resnet_viz.traced.shortcuts import Shortcut
from resnet_viz.training.watching.measured_weights import unwrapped
from resnet_viz.training.watching.watcher import Watcher
from resnet_viz.workers.log_elsewhere import logger, scalars
from resnet_viz.workers.run_recorder import Recording


class Watched:
    """A context: what happens to `model` in it is a run of the store.

    Of several processes that train one model together, rank 0 alone records; in the others nothing
    is measured, and `run_id` is "". The run is finished at the end, failed where the program
    raises, and stopped by Ctrl-C. What cannot be written is left out, with one warning: the
    program's training goes on.
    """

    def __init__(
        self,
        store: Store,
        model: nn.Module,
        name: str,
        blocks: Sequence[str],
        steps: int | None = None,
        *,
        log_to: str = "",
    ) -> None:
        self._store, self._model, self._name = store, model, name
        self._blocks, self._steps = blocks, steps
        self._logger = logger(log_to)
        self._recording: Recording | None = None
        self._watcher: Watcher | None = None
        self._has_warned = self._is_idle = False

    @property
    def run_id(self) -> str:
        """The run's id, and its race's: /race?race=ID shows it live.

        Raises:
            RuntimeError: before the context is entered.
        """
        return "" if self._is_idle else self._entered()[0].run_id

    def step(self, loss: Tensor | float, accuracy: Tensor | float | None = None) -> None:
        """Record a step: after `optimizer.step()`.

        Args:
            loss: of the minibatch, before the update.
            accuracy: the share of the minibatch that was right, if it is known.

        Raises:
            ValueError: without a forward pass since the last step.
        """
        if self._is_idle:
            return
        recording, watcher = self._entered()
        watcher.step(loss, accuracy)
        if recording.problem and not self._has_warned:
            self._has_warned = True
            warnings.warn(f"not recorded: {recording.problem}", stacklevel=2)

    def __enter__(self) -> Self:
        self._is_idle = _is_of_another_rank()
        if self._is_idle:
            return self
        kind = type(unwrapped(self._model))
        parameters = list(self._model.parameters())
        # What is wrong with the model is said before there is a run.
        self._watcher = Watcher(self._model, self._record, self._blocks, steps=self._steps)
        self._recording = Recording(
            self._store,
            self._name,
            f"{kind.__module__}.{kind.__qualname__}",
            sum(p.numel() for p in parameters),
            str(parameters[0].device),
            steps=self._steps or 0,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_idle:
            return
        recording, watcher = self._entered()
        watcher.close()
        if kind is None:
            recording.finish("finished")
        elif issubclass(kind, KeyboardInterrupt):
            recording.finish("stopped")
        else:
            reason = " ".join(str(error).split())
            recording.finish("failed", f"{kind.__name__}: {reason}"[:500])

    def _record(self, record: StepRecord, held: Mapping[str, Along]) -> None:
        recording, watcher = self._entered()
        if self._logger is not None:
            self._logger.log(scalars(record, held), step=record.step)
        recording.add(record, held, watcher.beside, _described(watcher.shortcuts, watcher.layers))

    def _entered(self) -> tuple[Recording, Watcher]:
        if self._recording is None or self._watcher is None:
            raise RuntimeError("watch: use it as a context, with lab.watch(model) as w: ...")
        return self._recording, self._watcher


def _described(found: Sequence[Shortcut], layers: Sequence[str]) -> Shortcuts:
    """Shortcuts as a run keeps them: each layer belongs to the block with the smallest branch."""
    of_block: dict[str, list[str]] = {one.name: [] for one in found}
    for layer in layers:
        holding = [one for one in found if _holds(one, layer)]
        if holding:
            of_block[min(holding, key=lambda one: len(one.branch)).name].append(layer)
    return {one.name: FoundShortcut(one.kind, tuple(of_block[one.name])) for one in found}


def _holds(shortcut: Shortcut, layer: str) -> bool:
    return any(layer == path or layer.startswith(f"{path}.") for path in shortcut.branch)


def _is_of_another_rank() -> bool:
    """Whether this process trains a model together with others, and is not the first of them."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank() != 0
    return os.environ.get("RANK", "0") != "0"  # torchrun's, before the processes have met
