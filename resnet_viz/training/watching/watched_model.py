"""What of any torch.nn.Module is watched: its weights, its blocks, and where a loop enters it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from torch import nn

from resnet_viz.arch.plan import plan
from resnet_viz.nets.network import ResNet
from resnet_viz.text import unknown_name
from resnet_viz.training.watching.foreign_hooks import own_blocks_in
from resnet_viz.training.watching.measured_weights import (
    Weight,
    unmeasured_in,
    unwrapped,
    weights_in,
)


def measurable(model: nn.Module) -> tuple[Sequence[Weight], Sequence[str]]:
    """The weights that are measured, and the names of those that are not."""
    if isinstance(model, ResNet):
        layers = [layer.name for layer in plan(model.config).weighted_layers]
        return [Weight(name, f"{name}.weight", name) for name in layers], []
    weights = weights_in(model)
    if not weights:
        raise ValueError("the model has no convolution or linear layer, nor others with weights")
    device = model.get_parameter(weights[0].parameter).device
    is_here = [model.get_parameter(w.parameter).device == device for w in weights]
    elsewhere = [w.name for w, here in zip(weights, is_here, strict=True) if not here]
    here = [w for w, here in zip(weights, is_here, strict=True) if here]
    return here, [*elsewhere, *unmeasured_in(model)]


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
        inner = unwrapped(model)
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
