"""Watcher: the quantities of any torch.nn.Module, measured in its owner's own training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Self

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from resnet_viz.arch.config import shorten, unknown_name
from resnet_viz.arch.plan import plan
from resnet_viz.lab.foreign import layers_in, own_blocks_in, responding_in, tap_foreign
from resnet_viz.lab.instruments import Give, Instruments, PutHook, to_host
from resnet_viz.lab.quantities import quantities
from resnet_viz.lab.quantities.points import POINTS, along, names_in, place
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.records import StepRecord
from resnet_viz.lab.states import StateLog, layer_states
from resnet_viz.lab.taps import tap
from resnet_viz.nets.network import ResNet

MEASURE_EVERY = 20
"""As in `RunSpec`: what needs activations then costs little."""

Record = Callable[[StepRecord, Mapping[str, Along]], None]
"""Takes a step, measured, and along what its quantities are."""


class Watcher:
    """Measures `model` while its owner trains it; it computes what it would without.

        with Watcher(model, record) as w:
            for images, labels in batches:
                loss = criterion(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                w.step(loss)

    A step's first forward pass with gradients is the one that is looked at; evaluation under
    `torch.no_grad` is not. Layers are the convolutions and linear layers that are trained, in the
    order of the first forward pass. The response of a 3x3 convolution is the output of the norm
    that takes the convolution's output itself, or that output; its activation is what the
    nonlinearity gives that takes the response itself (torchvision adds the shortcut in place).
    Blocks of this project have all quantities, others output_rms and grad_input_norm. Gradients
    are those that the optimiser saw, of the loss that was differentiated: clipped and scaled, if
    they were. The model is on one device and not compiled.

    Args:
        blocks: paths of the modules that are blocks; those of this project's classes, if none are
            named.
        measure_every: steps between looks at activations.

    Raises:
        ValueError: where a block is no module of the model, or no layer is trained.
    """

    def __init__(
        self,
        model: nn.Module,
        record: Record,
        blocks: Sequence[str] = (),
        measure_every: int = MEASURE_EVERY,
    ) -> None:
        self._model, self._record = model, record
        names = _names(model, _checked(model, blocks))
        layers = [model.get_parameter(f"{name}.weight") for name in names["weight"]]
        self._device = layers[0].device
        self._held = _held(names)
        self._order: dict[str, int] = {}
        self._passed: set[tuple[str, str]] = set()
        self._kept: Mapping[str, list[int]] | None = None
        parameters = list(model.parameters())
        self._parameters = parameters
        self._instruments = Instruments(layers, parameters, self._held, self._tap, measure_every)
        self._step, self._is_armed, self._is_seen = 0, False, False
        self._log = StateLog()
        self._begin = time.perf_counter()
        self._hooks: list[RemovableHandle] = [
            model.register_forward_pre_hook(_OnlyHere(self._before_forward)),
            model.register_forward_hook(_OnlyHere(self._after_forward)),
        ]

    @property
    def quantities(self) -> Mapping[str, Along]:
        """What is measured, and the names along each: in forward order once that is known."""
        return self._held

    def step(self, loss: Tensor | float, accuracy: Tensor | float | None = None) -> None:
        """Records a step: after the optimiser's, and before the gradients are set to zero.

        Args:
            loss: of the minibatch, before the update.
            accuracy: the share of the minibatch that was right, if it is known.

        Raises:
            ValueError: without a forward and a backward pass since the last step, and for a loss
                that is not one number.
        """
        known = torch.nan if accuracy is None else accuracy
        scalars = [self._number("loss", loss), self._number("accuracy", known)]
        if not self._is_seen:
            raise ValueError("step: there was no forward pass with gradients since the last step")
        if all(parameter.grad is None for parameter in self._parameters):
            raise ValueError(
                "step: no parameter has a gradient; call it after loss.backward() and "
                "optimizer.step(), and before zero_grad()"
            )
        self._instruments.after_backward()
        (lost, right), values = to_host(scalars, self._instruments.collect())
        if self._kept is None:
            self._settle()
        kept = self._kept or {}
        values |= self._log.record(layer_states(self._instruments.known, values))
        chosen = {name: values[name][kept[name]] for name in self._held if name in values}
        seconds = time.perf_counter() - self._begin
        self._record(StepRecord(self._step, lost, right, seconds, chosen), self._held)
        self._step, self._is_seen = self._step + 1, False

    def _number(self, name: str, given: Tensor | float) -> Tensor:
        try:
            return torch.as_tensor(given, device=self._device).detach().reshape(())
        except (TypeError, RuntimeError):
            raise ValueError(f"step: {name} = {shorten(given)} is not one number") from None

    def close(self) -> None:
        """Take all hooks off the model."""
        self._instruments.after_forward()
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _before_forward(self, *_: object) -> None:
        if torch.is_grad_enabled() and not self._is_seen:
            self._instruments.arm(self._step)
            self._is_armed = True

    def _after_forward(self, *_: object) -> None:
        if self._is_armed:
            self._instruments.after_forward()
            self._is_armed, self._is_seen = False, True

    def _tap(self, give: Give) -> Iterator[PutHook]:
        order, passed = self._order, self._passed

        def noted(point: str, name: str, tensor: Tensor) -> None:
            passed.add((point, name))
            give(point, name, tensor)

        def called(name: str, *_: object) -> None:
            order.setdefault(name, len(order))

        own = {name for one in self._held.values() for name in one.names if name != "net"}
        for name in own:
            yield partial(
                self._model.get_submodule(name).register_forward_pre_hook, partial(called, name)
            )
        if isinstance(self._model, ResNet):
            yield from tap(self._model, noted)
        else:
            blocks = [
                name for one in self._held.values() if one.axis == "block" for name in one.names
            ]
            yield from tap_foreign(self._model, dict.fromkeys(blocks), noted)

    def _settle(self) -> None:
        """The order of names, and which have what: known after the first step."""
        held: dict[str, Along] = {}
        kept: dict[str, list[int]] = {}
        for name, one in self._held.items():
            points = quantities()[name].points
            is_passing = POINTS[points[0]].taken == "measured steps"
            there = [
                (self._order.get(n, len(self._order)), i, n)
                for i, n in enumerate(one.names)
                if not is_passing or all((point, n) in self._passed for point in points)
            ]
            if there:
                there.sort()
                held[name] = Along(one.axis, tuple(n for _, _, n in there))
                kept[name] = [i for _, i, _ in there]
        self._held, self._kept = MappingProxyType(held), kept


class _OnlyHere:
    """A hook that a copy of the model, or a file of it, has not: nobody watches those."""

    def __init__(self, hook: Callable[..., None]) -> None:
        self._hook = hook

    def __call__(self, *arguments: object) -> None:
        self._hook(*arguments)

    def __reduce__(self) -> tuple[type[_NoHook], tuple[()]]:
        return _NoHook, ()


class _NoHook:
    def __call__(self, *_: object) -> None:
        pass


def _checked(model: nn.Module, blocks: Iterable[str]) -> list[str]:
    modules = [name for name, _ in model.named_modules() if name]
    blocks = [blocks] if isinstance(blocks, str) else list(blocks)
    for block in blocks:
        if block not in modules:
            raise ValueError(unknown_name("block", block, modules))
    return blocks or own_blocks_in(model)


def _names(model: nn.Module, blocks: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The names at each point, as far as they are known before the first forward pass."""
    if isinstance(model, ResNet):
        return names_in(plan(model.config))
    layers = layers_in(model)
    if not layers:
        raise ValueError("the model has no convolution or linear layer that is trained")
    responding = responding_in(model)
    own = {"response": responding, "activation": responding}
    default = {"layer": layers, "block": blocks, "net": ["net"], "final": []}
    return {point: own.get(point, default[POINTS[point].axis]) for point in POINTS}


def _held(names: Mapping[str, Sequence[str]]) -> Mapping[str, Along]:
    elsewhere = ("evaluations", "the end")
    every = [q for q in quantities().values() if place(q)[1] not in elsewhere]
    held = {q.name: along(q, names) for q in every}
    return MappingProxyType({name: one for name, one in held.items() if len(one)})
