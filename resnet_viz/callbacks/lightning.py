"""Callback for Lightning's Trainer: records the training as `Lab.watch` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import lightning
import torch
from torch import nn

from resnet_viz.callbacks.steps import Steps
from resnet_viz.lab.lab import Lab


class LightningWatch(lightning.Callback):
    """Records a Lightning training: `Trainer(callbacks=[LightningWatch(name="mine")])`.

    A step is one update of the optimiser, which may take several minibatches. Norms are those of
    the gradients before Lightning clips them, without the factor of a GradScaler. With several
    processes, only the first records: its own loss, and the gradients averaged over all of them.

    Args:
        lab: where the run is kept; the usual place if none is given.
        name: what to call the run.
        blocks: paths of the modules that are blocks; if you name none, they are found.
        log_to: "wandb" or "trackio", to log there as well; start a run there first.
    """

    def __init__(
        self, lab: Lab | None = None, name: str = "", blocks: Sequence[str] = (), log_to: str = ""
    ) -> None:
        self._steps = Steps(lab, name, blocks, log_to)
        self._done = 0
        self._loss: torch.Tensor | float = 0.0

    @property
    def run_id(self) -> str:
        """The run's id, once training has begun: /race?race=ID shows it live."""
        return self._steps.run_id

    def on_train_start(self, trainer: Any, pl_module: nn.Module) -> None:
        """Begin to record."""
        most = trainer.max_steps if trainer.max_steps > 0 else trainer.estimated_stepping_batches
        self._done, self._loss = trainer.global_step, 0.0
        self._steps.begin(_net_of(pl_module), int(most) if most < float("inf") else None)

    def on_train_batch_end(
        self, trainer: Any, pl_module: nn.Module, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record the step, if the optimiser has made one."""
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        # Lightning has divided it by the number of minibatches that make a step.
        self._loss = self._loss + (torch.nan if loss is None else loss.detach().float())
        if trainer.global_step != self._done:
            self._done = trainer.global_step
            self._steps.step(self._loss)
            self._loss = 0.0

    def on_train_end(self, trainer: Any, pl_module: nn.Module) -> None:
        """The run is finished."""
        self._steps.end()

    def on_exception(self, trainer: Any, pl_module: nn.Module, exception: BaseException) -> None:
        """The run has failed, or was stopped."""
        self._steps.end(exception)


def _net_of(module: nn.Module) -> nn.Module:
    """The net that a LightningModule wraps, if it holds nothing else to train."""
    own = next(module.parameters(recurse=False), None)
    trained = [child for child in module.children() if next(child.parameters(), None) is not None]
    return trained[0] if own is None and len(trained) == 1 else module
