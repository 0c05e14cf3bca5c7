"""What of any torch.nn.Module is watched: its weights, its blocks, and where a loop enters it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viz.arch.plan import plan
from resnet_viz.nets.network import ResNet
from resnet_viz.text import shorten, unknown_name
from resnet_viz.training.watching import measured_weights
from resnet_viz.training.watching.foreign_hooks import own_blocks_in


def measurable(model: nn.Module) -> tuple[Sequence[measured_weights.Weight], Sequence[str]]:
    """The weights that are measured, and the names of those that are not."""
    if isinstance(model, ResNet):
        layers = [layer.name for layer in plan(model.config).weighted_layers]
        return [measured_weights.Weight(name, f"{name}.weight", name) for name in layers], []
    weights = measured_weights.weights_in(model)
    if not weights:
        raise ValueError("the model has no convolution or linear layer, nor others with weights")
    device = model.get_parameter(weights[0].parameter).device
    is_here = [model.get_parameter(w.parameter).device == device for w in weights]
    elsewhere = [w.name for w, here in zip(weights, is_here, strict=True) if not here]
    here = [w for w, here in zip(weights, is_here, strict=True) if here]
    return here, [*elsewhere, *measured_weights.unmeasured_in(model)]


def entrances(model: nn.Module) -> list[nn.Module]:
    """The modules that a loop may call: the model, and its parts where it calls those itself."""
    modules = [model]
    for module in model.children():
        is_list = isinstance(module, nn.ModuleList | nn.ModuleDict)
        modules += entrances(module) if is_list else [module]
    return modules


def is_sequence_first(block: nn.Module) -> bool:
    """Whether a block takes sequences with a row per place, as torch's own modules do unless they
    are told otherwise."""
    return any(getattr(module, "batch_first", None) is False for module in block.modules())


def is_compiled(model: nn.Module) -> bool:
    while True:
        if hasattr(model, "_orig_mod") or model._compiled_call_impl is not None:
            return True
        inner = measured_weights.unwrapped(model)
        if inner is model:
            return False
        model = inner


def checked_blocks(model: nn.Module, blocks: Iterable[str]) -> list[str]:
    modules = [name for name, _ in model.named_modules() if name]
    blocks = [blocks] if isinstance(blocks, str) else list(blocks)
    for block in blocks:
        if block not in modules:
            raise ValueError(unknown_name("block", block, modules))
    return blocks or own_blocks_in(model)


def one_number(name: str, given: Tensor | float, device: torch.device) -> Tensor:
    """A number that a loop gives to `step`, on the device.

    Raises:
        ValueError: where it is not one number.
    """
    try:
        if isinstance(given, Tensor):
            return given.detach().to(device, torch.float32).reshape(())
        known = torch.as_tensor(given, dtype=torch.float32).reshape(()).item()
        # Made there: the host would wait for the device to take a number from it.
        return torch.full((), known, device=device)
    except (TypeError, RuntimeError, OverflowError):
        raise ValueError(f"step: {name} = {shorten(given)} is not one number") from None


def are_lost(model: nn.Module, layers: Mapping[str, Tensor]) -> NDArray[np.bool_]:
    """Per layer, whether its weight is no longer the model's: its owner has put another there."""
    there = {id(parameter) for parameter in model.parameters()}
    lost = [name for name, weight in layers.items() if id(weight) not in there]
    if lost:
        warnings.warn(
            f"watch: the model no longer has the weights of {_some(lost)}. What replaced them is "
            "not measured; to measure it, watch the model again",
            stacklevel=4,
        )
    return np.isin(list(layers), lost)


def what_is_left_out(unmeasured: Sequence[str], *, is_open: bool) -> str:
    """What of a model is not measured, and why."""
    left = []
    if unmeasured:
        left.append(f"weights that belong to no layer ({_some(unmeasured)})")
    if not is_open:
        left.append("what passes between the layers, because the model is compiled")
    return "; ".join(left)


_MOST_NAMED = 6


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class OnlyHere:
    """A hook that a copy of the model, or a file of it, has not: nobody watches those."""

    hook: Callable[..., object]

    def __call__(self, *arguments: object) -> object:
        return self.hook(*arguments)

    def __reduce__(self) -> tuple[type[_NoHook], tuple[()]]:
        return _NoHook, ()


class _NoHook:
    def __call__(self, *_: object) -> None:
        pass
