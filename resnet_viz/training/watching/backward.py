"""Backward passes of a program's own loop, and its optimisers' updates, noticed as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook
from torch.utils.hooks import RemovableHandle


class Backward:
    """Tells when a backward pass begins to reach `parameters`, and when it is over.

    `began` is called before the first gradient of a pass counts, and `ended` when every gradient
    is in its place and nobody has clipped, unscaled or cleared it. Those that are reached since
    `reset` are in `reached`, by number; those that an optimiser has stepped since in `stepped`,
    once its step is over: Lightning's trainer goes backward within it.
    """

    def __init__(
        self, parameters: Sequence[Tensor], began: Callable[[], None], ended: Callable[[], None]
    ) -> None:
        self._began, self._ended = began, ended
        self._number_of = {id(parameter): i for i, parameter in enumerate(parameters)}
        self._is_under_way = False
        self.reached: set[int] = set()
        self.stepped: set[int] = set()
        self._parameters = list(parameters)
        self._hooked: set[int] = set()
        self._hooks: list[RemovableHandle] = [register_optimizer_step_post_hook(self._stepped)]
        self.follow()

    def follow(self) -> None:
        """Hooks on the parameters that are trained by now: one that is frozen takes none."""
        for number, parameter in enumerate(self._parameters):
            if parameter.requires_grad and parameter.is_leaf and number not in self._hooked:
                self._hooked.add(number)
                hook = partial(self._reached, number)
                put = parameter.register_post_accumulate_grad_hook
                self._hooks.append(put(hook))  # type: ignore[no-untyped-call]

    def reset(self) -> None:
        """A new step."""
        self.reached, self.stepped, self._is_under_way = set(), set(), False
        self.follow()

    def close(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _reached(self, number: int, _: Tensor) -> None:
        self.reached.add(number)
        if not self._is_under_way:
            self._is_under_way = True
            self._began()
            _when_over(self._last_but_one)

    def _last_but_one(self) -> None:
        """The pass is over, but for what others have asked to be done then: theirs comes first, as
        where gradients of several processes are averaged."""
        _when_over(self._over)

    def _over(self) -> None:
        self._is_under_way = False
        self._ended()

    def _stepped(self, optimizer: Optimizer, *_: object) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                number = self._number_of.get(id(parameter))
                if number is not None:
                    self.stepped.add(number)


def _when_over(call: Callable[[], None]) -> None:
    """`call` is called at the end of the backward pass that is under way."""
    torch.autograd.Variable._execution_engine.queue_callback(call)


def is_in_backward() -> bool:
    """Whether a backward pass is under way here: what is checkpointed is computed again in it."""
    return int(torch._C._current_graph_task_id()) != -1
