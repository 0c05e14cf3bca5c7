"""Callback for transformers' Trainer: records the training as `Lab.watch` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers import TrainerCallback

from resnet_viz.callbacks.steps import Steps
from resnet_viz.lab.lab import Lab


class TrainerWatch(TrainerCallback):  # type: ignore[misc,unused-ignore]
    """Records a training of transformers' Trainer: `Trainer(..., callbacks=[TrainerWatch()])`.

    A step is one update of the optimiser, which may take several minibatches; the loss is that of
    all of them. Norms are those of the gradients before the Trainer clips them. With several
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
        self._losses: list[Tensor] = []
        self._is_whole = False
        self._hook: RemovableHandle | None = None

    @property
    def run_id(self) -> str:
        """The run's id, once training has begun: /race?race=ID shows it live."""
        return self._steps.run_id

    def on_train_begin(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        """Begin to record."""
        model: nn.Module = named["model"]
        self._losses = []
        self._let_go()
        self._steps.begin(model, state.max_steps or None)
        self._hook = model.register_forward_hook(self._passed, with_kwargs=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Record the step."""
        given, self._losses = self._losses, []
        total = torch.stack(given).sum() if given else torch.tensor(torch.nan)
        # Divided by the words of all processes, the Trainer multiplies it by how many there are.
        processes = args.world_size if args.average_tokens_across_devices else 1
        self._steps.step(total * processes if self._is_whole else total / max(1, len(given)))

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The run is finished."""
        self._let_go()
        self._steps.end()

    def _let_go(self) -> None:
        """Take the hook off, also of a training that raised: the Trainer tells no callback."""
        if self._hook is not None:
            self._hook.remove()

    def _passed(self, model: nn.Module, _: Any, named: Mapping[str, Any], output: Any) -> None:
        """A forward pass: its loss is a part of the step's where the net was told how many words
        all of the step's minibatches have."""
        if not (model.training and torch.is_grad_enabled()):
            return
        loss = output.get("loss") if isinstance(output, Mapping) else None
        if isinstance(loss, Tensor):
            self._is_whole = named.get("num_items_in_batch") is not None
            self._losses.append(loss.detach().float())
