"""From a loss to new weights: backward, clipping, and the optimiser's step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.training.update.optimizers import make_optimizer, make_schedule


class Updates:
    """The updates of one run's parameters.

    In float16 the loss is scaled, so that small gradients do not become 0, and a step whose
    gradients overflow is left out (Micikevicius et al. 2018, arXiv:1710.03740).
    """

    def __init__(self, spec: RunSpec, parameters: Iterable[Tensor], device: torch.device) -> None:
        self._spec, self._parameters = spec, list(parameters)
        self._optimizer = make_optimizer(spec, self._parameters)
        self._schedule = make_schedule(spec, self._optimizer)
        is_scaled = spec.precision == "float16"
        self._scaler = torch.amp.GradScaler(device.type) if is_scaled else None
        if is_scaled and spec.optimizer == "sgd" and spec.momentum:
            # Fused SGD makes its buffers in its first step, and fills none if that one overflows.
            for parameter in self._parameters:
                self._optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)

    @property
    def loss_scale(self) -> Tensor | float:
        """What the next loss is multiplied by in `backward`: in float16 a number on the device.

        Nobody reads it: that would make the host wait for the device at every step.
        """
        if self._scaler is None:
            return 1.0
        return self._scaler.scale(torch.ones((), device=self._parameters[0].device))

    def state_dict(self) -> dict[str, Any]:
        """What the next updates depend on, beside the parameters."""
        scaler = self._scaler.state_dict() if self._scaler else {}
        return {
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": scaler,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave, in a run of the same spec."""
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        if self._scaler:
            self._scaler.load_state_dict(state["scaler"])

    def zero_grad(self) -> None:
        """Lets go of the gradients. (`Module.zero_grad` looks for all parameters anew.)"""
        for parameter in self._parameters:
            parameter.grad = None

    def backward(self, loss: Tensor) -> None:
        """Puts the loss's gradients, not scaled and not clipped, into the parameters."""
        if self._scaler is None:
            loss.backward()  # type: ignore[no-untyped-call]
            return
        scaled = self._scaler.scale(loss)
        scaled.backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(self._optimizer)

    def apply(self) -> None:
        """Clips the gradients, if asked to, and does the update of one step."""
        if self._spec.clip_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, self._spec.clip_grad_norm)
        if self._scaler is None:
            self._optimizer.step()
        else:
            self._scaler.step(self._optimizer)
            self._scaler.update()
        self._schedule.step()
