"""Forward passes of a program's own loop, noticed as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from resnet_viz.training.watching.backward import is_in_backward
from resnet_viz.training.watching.watched_model import OnlyHere

Part = Literal["first", "further", "none"]
"""What a forward pass is of a step's minibatch: its first part, or all of it; a further part; or no
part, as an evaluation pass beside one in training."""


class Forward:
    """Tells when a forward pass of `root` begins, which part of the minibatch it is, and its end.

    A loop may call any of the `entrances`; one that another calls is no pass of its own. A pass
    without gradients is none, nor is one within backward, where what is checkpointed is computed
    again. One in evaluation mode counts until there is one in training, which is then the first.
    `ended` gets what `root` gave, None where it was not called or has raised. `images` is how many
    rows went into the last pass.
    """

    def __init__(
        self,
        root: nn.Module,
        entrances: Iterable[nn.Module],
        began: Callable[[Part], None],
        ended: Callable[[object], None],
    ) -> None:
        self._root, self._began, self._ended = root, began, ended
        self._depth = 0
        self._output: object = None
        self.images = 0
        self.reset()
        self._hooks: list[RemovableHandle] = []
        for module in dict.fromkeys(entrances):
            self._hooks += [
                module.register_forward_pre_hook(OnlyHere(self._before)),
                module.register_forward_hook(OnlyHere(self._after), always_call=True),
            ]

    def reset(self) -> None:
        """A new step."""
        self.is_seen = False
        self._trained_passes = self._other_passes = 0

    def close(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _before(self, module: object, inputs: tuple[object, ...]) -> None:
        if not torch.is_grad_enabled() or is_in_backward():
            return
        if module is self._root:
            first = next((one for one in inputs if isinstance(one, Tensor) and one.dim()), None)
            self.images = 0 if first is None else first.shape[0]
        self._depth += 1
        if self._depth == 1:
            self._began(self._part())

    def _part(self) -> Part:
        if self._root.training:
            self._trained_passes += 1
            return "first" if self._trained_passes == 1 else "further"
        if self._trained_passes:
            return "none"
        self._other_passes += 1
        return "first" if self._other_passes == 1 else "further"

    def _after(self, module: object, _: object, output: object) -> None:
        if not self._depth or not torch.is_grad_enabled() or is_in_backward():
            return
        self._depth -= 1
        if module is self._root:
            self._output = output
        if not self._depth:
            output, self._output = self._output, None  # and lets go of autograd's graph
            self._ended(output)
            self.is_seen = True
