"""Where in a net the points of activations sit: hooks on its modules that give what is there.

What the points are is said in quantities/points.py, what becomes of the tensors in instruments.py.
A gradient's two parts are told apart by giving branch and shortcut a view of the input each:
autograd then adds up the parts only after each has been seen, in the order it always does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from resnet_viz.arch.plan import plan
from resnet_viz.nets.blocks import (
    ExclusiveGateBlock,
    PlainBlock,
    PlainPreactivationBlock,
    PreactivationBlock,
    ResidualBlock,
    SharedPreactivationBlock,
    ShortcutOnlyGateBlock,
)
from resnet_viz.nets.network import ResNet
from resnet_viz.quantities.points import GRADIENTS, responding
from resnet_viz.traced.tensors import tensors_in
from resnet_viz.training.passing import Give
from resnet_viz.training.probes import PutHook

OUR_BLOCKS = (
    ResidualBlock,
    PlainBlock,
    PreactivationBlock,
    PlainPreactivationBlock,
    ShortcutOnlyGateBlock,
)
"""With their subclasses, all there are."""

Hooks = Iterator[PutHook]
Take = Callable[[Tensor], None]
GiveHere = Callable[[str, Tensor], None]
"""Takes a point and the tensor there, of one layer or block."""


def tap(net: ResNet, give: Give) -> Hooks:
    """Hooks at every point of one of our nets."""
    network = plan(net.config)
    for layer, response, activation in responding(network):
        yield at_output(net.get_submodule(response), partial(give, "response", layer))
        if activation:
            yield at_output(net.get_submodule(activation), partial(give, "activation", layer))
    for block in network.blocks:
        yield from tap_block(block.name, net.get_submodule(block.name), give)


def tap_flows(net: ResNet, give: Give) -> Hooks:
    """Hooks that give the gradient at each block's input and its parts, and nothing else."""

    def gradient(point: str, name: str, tensor: Tensor) -> None:
        if point in GRADIENTS:
            give(point, name, tensor)

    for block in plan(net.config).blocks:
        yield from tap_block(block.name, net.get_submodule(block.name), gradient)


def points_of(block: nn.Module) -> tuple[str, ...]:
    """The points that `tap_block` has hooks at."""
    if not isinstance(block, OUR_BLOCKS):
        return "output", "grad_input"
    if isinstance(block, PlainPreactivationBlock | PlainBlock):
        return "output", "grad_input", "branch", "grad_branch"
    return "output", "grad_input", "branch", "grad_branch", "shortcut", "grad_shortcut"


def tap_block(name: str, block: nn.Module, give: Give) -> Hooks:
    """Hooks at every point of a block: those of ours, or input and output of any other module."""

    def here(point: str, tensor: Tensor) -> None:
        give(point, name, tensor)

    yield at_gradient(block, partial(here, "grad_input"))
    yield at_output(block, partial(here, "output"))
    match block:
        case ShortcutOnlyGateBlock():
            yield from _gated(block, here)
        case SharedPreactivationBlock():
            yield from _shared(block, here)
        case PreactivationBlock():
            yield from _summed(block.preactivation, block, here)
        case ResidualBlock():
            yield from _summed(block.branch, block, here)
        case PlainPreactivationBlock() | PlainBlock():
            yield at_output(block.branch, partial(here, "branch"))
            yield at_gradient(block, partial(here, "grad_branch"))


def at_output(module: nn.Module, take: Take) -> PutHook:
    """`take` gets what `module` gives."""

    def hook(_: nn.Module, __: object, output: object) -> None:
        if (first := first_tensor(output)) is not None:
            take(first)

    return partial(module.register_forward_hook, hook)


def at_input(module: nn.Module, take: Take) -> PutHook:
    """`take` gets what `module` takes."""

    def hook(_: nn.Module, inputs: object) -> None:
        if (first := first_tensor(inputs)) is not None:
            take(first)

    return partial(module.register_forward_pre_hook, hook)


def at_gradient(module: nn.Module, take: Take) -> PutHook:
    """`take` gets the loss's gradient by the input of `module`, through whatever else it goes."""

    def hook(_: nn.Module, inputs: tuple[object, ...], named: Mapping[str, object]) -> None:
        first = first_tensor((*inputs, *named.values()))
        if first is not None and first.requires_grad:
            first.register_hook(take)  # type: ignore[no-untyped-call]

    return partial(module.register_forward_pre_hook, hook, with_kwargs=True)


def first_tensor(given: object) -> Tensor | None:
    """The first floating point tensor in what goes into a module, or comes out: it may be a tuple,
    or a mapping, of several."""
    return next(tensors_in(given), None)


def at_part(module: nn.Module, take: Take) -> PutHook:
    """`take` gets the part of that gradient that comes through `module`."""

    def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        own = inputs[0].view_as(inputs[0])
        if own.requires_grad:
            own.register_hook(take)  # type: ignore[no-untyped-call]
        return own

    return partial(module.register_forward_pre_hook, hook)


def _summed(
    entrance: nn.Module, block: ResidualBlock | PreactivationBlock, here: GiveHere
) -> Hooks:
    """F(x) + shortcut(x), where x enters the branch at `entrance`."""
    yield at_output(block.branch, partial(here, "branch"))
    yield at_output(block.shortcut, partial(here, "shortcut"))
    yield at_part(entrance, partial(here, "grad_branch"))
    yield at_part(block.shortcut, partial(here, "grad_shortcut"))


def _shared(block: SharedPreactivationBlock, here: GiveHere) -> Hooks:
    """F(p(x)) + shortcut(p(x)): the parts of the gradient meet at p(x), before x.

    When both are there, p is computed once more to take each of them through it alone.
    """
    inputs: list[Tensor] = []
    parts: dict[str, Tensor] = {}

    def keep_input(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        inputs[:] = [arguments[0].detach()]

    def part(point: str, gradient: Tensor) -> None:
        parts[point] = gradient
        if len(parts) == 2:
            through = _products(block.preactivation, inputs.pop(), list(parts.values()))
            for name, product in zip(list(parts), through, strict=True):
                here(name, product)
            parts.clear()

    yield partial(block.preactivation.register_forward_pre_hook, keep_input)
    yield at_output(block.branch, partial(here, "branch"))
    yield at_output(block.shortcut, partial(here, "shortcut"))
    yield at_part(block.branch, partial(part, "grad_branch"))
    yield at_part(block.shortcut, partial(part, "grad_shortcut"))


def _products(module: nn.Module, at: Tensor, gradients: list[Tensor]) -> list[Tensor]:
    """Gradients by the output of `module`, as gradients by its input, which is `at`."""
    with torch.enable_grad(), _statistics_left_alone(module):
        start = at.requires_grad_()
        end = module(start)
        return [torch.autograd.grad(end, start, g, retain_graph=True)[0] for g in gradients]


@contextmanager
def _statistics_left_alone(module: nn.Module) -> Iterator[None]:
    """Training-mode batch norm that keeps no running statistics."""
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


def _gated(block: ShortcutOnlyGateBlock, here: GiveHere) -> Hooks:
    """F(p(x)) + (1 - g(x)) x, or g(x) F(p(x)) + (1 - g(x)) x.

    The products stand in the forward and in no module: they are formed once more from what goes
    in. What comes through g counts as the shortcut's, beside what comes through (1 - g) x.
    """
    is_exclusive = isinstance(block, ExclusiveGateBlock)
    kept: dict[str, Tensor] = {}

    def at_gate(_: nn.Module, arguments: tuple[Tensor, ...], gate: Tensor) -> None:
        kept["gate"] = gate.detach()
        here("shortcut", (1 - kept["gate"]) * arguments[0].detach())

    def at_branch(output: Tensor) -> None:
        here("branch", kept["gate"] * output.detach() if is_exclusive else output)

    def at_sum(gradient: Tensor) -> None:
        kept["sum"] = gradient

    def through_gate(gradient: Tensor) -> None:
        here("grad_shortcut", gradient + (1 - kept.pop("gate")) * kept.pop("sum"))

    yield partial(block.gate.register_forward_hook, at_gate)
    yield at_output(block.branch, at_branch)
    yield at_part(block.preactivation, partial(here, "grad_branch"))
    yield at_part(block.gate, through_gate)
    yield at_gradient(block.after, at_sum)
