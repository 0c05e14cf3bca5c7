"""Watcher: the quantities of any torch.nn.Module, measured in its owner's own training loop."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.nets.network import ResNet
from resnet_viz.quantities.every import Every
from resnet_viz.quantities.layer_states import LAYER_STATE, LayerState, StateLog
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, StepRecord
from resnet_viz.traced.shortcuts import Shortcut
from resnet_viz.training.hooks import first_tensor, tap
from resnet_viz.training.passing import Give, to_host
from resnet_viz.training.probes import Instruments, PutHook
from resnet_viz.training.watching import watched_model
from resnet_viz.training.watching.backward import Backward
from resnet_viz.training.watching.foreign_hooks import tap_foreign
from resnet_viz.training.watching.forward import Forward, Part
from resnet_viz.training.watching.found_blocks import FoundBlocks
from resnet_viz.training.watching.loss_scale import LossScale
from resnet_viz.training.watching.main_path import beside_main_path
from resnet_viz.training.watching.measured_weights import unwrapped
from resnet_viz.training.watching.names import WatchedNames, with_unmeasured
from resnet_viz.training.watching.work import Work

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

    A step is what happens between two calls of `step`: any number of forward and backward passes
    and updates. Gradients are those of the loss before a GradScaler multiplies it, as each backward
    pass leaves them: before they are clipped, and whether or not they are cleared before `step`.
    Of a part that an optimiser has updated, as in a GAN, later passes count no more in that step.
    A forward pass under `torch.no_grad`, or in evaluation mode beside one in training, is not
    looked at. Layers are those of weights.py, in the order of the first forward pass; one that was
    not used then stands where the model lists it. Where a minibatch comes in parts, a forward and a
    backward pass each, every quantity is that of the whole (effective_rank.py says how far).
    The response of a 3x3 convolution is the output of the norm that takes the convolution's output
    itself, or that output; its activation is what the nonlinearity gives that takes the response
    itself (torchvision adds the shortcut in place). Blocks of this project have all quantities;
    others that are named have output_rms, effective_rank and grad_input_norm. Where none are named
    they are found: each shortcut closes a block, which has the gradient at its input and its two
    parts, and from the second look on output_rms, where a module gives or takes its output. What is
    not measured is named in one warning. Of a compiled model that is what passes between its
    layers.

    Args:
        blocks: paths of the modules that are blocks; those of this project's classes, or else those
            that are found, if none are named.
        measure_every: steps between looks at activations.
        steps: how many there will be, if that is known: the last is then measured in full.

    Raises:
        ValueError: where a block is no module of the model, or it has no layer with weights.
    """

    def __init__(
        self,
        model: nn.Module,
        record: Record,
        blocks: Sequence[str] = (),
        measure_every: int = MEASURE_EVERY,
        steps: int | None = None,
    ) -> None:
        self._root, self._record = unwrapped(model), record
        root = self._root
        blocks = watched_model.checked_blocks(root, blocks)
        weights, self._unmeasured = watched_model.measurable(root)
        layers = [root.get_parameter(weight.parameter) for weight in weights]
        self._device = layers[0].device
        module_of = {weight.name: weight.module for weight in weights}
        self._names = WatchedNames(root, [w.name for w in weights], blocks, module_of)
        parameters = [p for p in root.parameters() if p.device == self._device]
        numbers = {id(parameter): i for i, parameter in enumerate(parameters)}
        self._number_of_layer = [numbers[id(layer)] for layer in layers]
        candidates, is_open = self._names.candidates, not watched_model.is_compiled(model)
        is_known = bool(blocks) or isinstance(root, ResNet) or not is_open
        self._found = None if is_known else FoundBlocks(root)
        self._give: Give = _give_nobody
        tapped = self._tap if is_open else None
        self._instruments = Instruments(
            *(layers, parameters, candidates, tapped),
            every=measure_every,
            last=None if steps is None else steps - 1,
            in_parts=True,
        )
        self._every = Every(measure_every)
        self._work = Work(root, weights)
        self._backward = Backward(parameters, self._arm, self._ended)
        self._loss_scale = LossScale(self._instruments.scale_by)
        self._log = StateLog()
        self._step = 0
        self._has_warned = False
        self._beside: frozenset[str] | None = None
        self._layers = {weight.name: layer for weight, layer in zip(weights, layers, strict=True)}
        self._sequence_first = {
            b for b in blocks if watched_model.is_sequence_first(root.get_submodule(b))
        }
        self._forget_step()
        self._begin = time.perf_counter()
        entered = [model] * (model is not root) + (watched_model.entrances(root) if is_open else [])
        self._forward = Forward(root, entered, self._looked_at, self._forward_ended)
        if self._found:
            self._found.open()
        if left := watched_model.what_is_left_out(self._unmeasured, is_open=is_open):
            warnings.warn(f"watch: not measured: {left}", stacklevel=3)

    @property
    def quantities(self) -> Mapping[str, Along]:
        """What is measured, and the names along each: in forward order once that is known."""
        return with_unmeasured(self._names.held or self._names.candidates, self._unmeasured)

    @property
    def beside(self) -> Collection[str]:
        """The layers beside the main path: projections, and what makes the factors of gates."""
        return self._beside or ()

    @property
    def layers(self) -> Sequence[str]:
        """The names of the layers that are measured, as the model lists them."""
        return list(self._layers)

    @property
    def shortcuts(self) -> Sequence[Shortcut]:
        """The shortcuts that were found; none where the blocks were known before."""
        return self._found.shortcuts if self._found else ()

    def step(self, loss: Tensor | float, accuracy: Tensor | float | None = None) -> None:
        """Records a step: after the optimiser's.

        Args:
            loss: of the minibatch, before the update.
            accuracy: the share of the minibatch that was right, if it is known.

        Raises:
            ValueError: without a forward pass since the last step, and for a loss that is not one
                number.
        """
        known = torch.nan if accuracy is None else accuracy
        scalars = [
            watched_model.one_number("loss", loss, self._device),
            watched_model.one_number("accuracy", known, self._device),
        ]
        if not (self._forward.is_seen or self._backward.reached):
            raise ValueError("step: there was no forward pass with gradients since the last step")
        if not self._has_gradients:
            self._warn_of_no_gradient()
            self._instruments.after_backward()
        (lost, right), values = to_host(scalars, self._instruments.collect())
        values |= self._states(values)
        if self._step == 0:
            every = self._work.weights_every(self._forward.images)
            self._every = self._every._replace(weights=every)
            self._instruments.weights_every = every
        frozen = bool((self._instruments.known == LayerState.FROZEN).any())
        self._names.settle(self._every, is_frozen=frozen)
        columns = self._names.columns
        chosen = {name: values[name][columns[name]] for name in columns if name in values}
        if LAYER_STATE in chosen and self._unmeasured:
            none = np.full(len(self._unmeasured), LayerState.NOT_HOOKED, np.float32)
            chosen[LAYER_STATE] = np.concatenate([chosen[LAYER_STATE], none])
        seconds = time.perf_counter() - self._begin
        self._record(StepRecord(self._step, lost, right, seconds, chosen), self.quantities)
        self._step += 1
        self._loss_scale.reset()
        self._backward.reset()
        self._forward.reset()
        self._forget_step()

    def close(self) -> None:
        """Take all hooks off the model."""
        self._instruments.after_forward()
        self._backward.close()
        if self._found:
            self._found.close()
        self._loss_scale.close()
        self._forward.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _states(self, values: dict[str, Floats]) -> dict[str, Floats]:
        """The layers' states, where they have changed; what is not there becomes NaN."""
        known = self._instruments.known.copy()
        is_cleared = not self._has_gradients
        reached = np.array([n in self._backward.reached for n in self._number_of_layer])
        idle = ~reached & (known == LayerState.MEASURED)
        if not is_cleared and idle.any():
            lost = watched_model.are_lost(self._root, self._layers)
            known[idle & (lost | (values["grad_norm"] == 0))] = (
                LayerState.UNUSED
            )  # none waits there
        known[reached & (known == LayerState.UNUSED)] = LayerState.CLEARED
        states = self._log.states(known, values, is_cleared=is_cleared)
        absent = np.isin(states, (LayerState.UNUSED, LayerState.CLEARED))
        if absent.any():
            for name in {"grad_norm", "grad_mean_abs", "grad_max_abs"} & values.keys():
                values[name] = np.where(absent, np.float32(np.nan), values[name])
        return self._log.record(states)

    def _forget_step(self) -> None:
        self._is_armed = self._has_gradients = False

    def _arm(self) -> None:
        if not self._is_armed:
            self._is_armed = True
            self._instruments.begin(self._step)
            self._instruments.keep_weights()

    def _looked_at(self, part: Part) -> None:
        """A forward pass begins."""
        self._arm()
        if part == "first":
            self._instruments.forget_passes()
            self._work.forget()
        if part != "none":
            self._instruments.look()

    def _forward_ended(self, output: object) -> None:
        first = first_tensor(output) if self._beside is None else None
        if first is not None and first.requires_grad:
            self._beside = frozenset(beside_main_path(first, self._layers))
        if self._found and self._instruments.is_measuring:
            was_known = bool(self._found.shortcuts)
            self._found.ended(output, self._give)
            if not was_known and (new := [one.name for one in self._found.shortcuts]):
                self._instruments.add(self._names.add_blocks(new, list(self._found.outputs)))
        self._instruments.after_forward(self._loss_scale.value)

    def _ended(self) -> None:
        stepped = [n in self._backward.stepped for n in self._number_of_layer]
        fixed = torch.tensor(stepped, device=self._device) if any(stepped) else None
        self._instruments.after_backward(self._loss_scale.value, fixed)
        self._has_gradients = True

    def _tap(self, give: Give) -> Iterator[PutHook]:
        names = self._names

        def noted(point: str, name: str, tensor: Tensor) -> None:
            names.passed(point, name)
            give(point, name, self._images_first(name, tensor) if point == "output" else tensor)

        for name in names.modules:
            module = self._root.get_submodule(name)
            yield partial(module.register_forward_pre_hook, partial(names.called, name))
        yield from self._work.hooks()
        if isinstance(self._root, ResNet):
            yield from tap(self._root, noted)
        else:
            held = names.candidates.values()
            blocks = [name for one in held if one.axis == "block" for name in one.names]
            known = dict.fromkeys(name for name in blocks if name not in self._names.found)
            yield from tap_foreign(self._root, known, noted)
        if self._found:
            self._give = noted
            yield from self._found.hooks(noted)

    def _images_first(self, block: str, output: Tensor) -> Tensor:
        """A block's output with a row per image: sequences may have a row per place."""
        if output.dim() < 3:
            return output
        by_shape = output.shape[0] != self._forward.images == output.shape[1]
        return output.transpose(0, 1) if block in self._sequence_first or by_shape else output

    def _warn_of_no_gradient(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"watch: at step {self._step} no gradient had reached the model since the step "
                "before; call step() after loss.backward() and optimizer.step()",
                stacklevel=3,
            )


def _give_nobody(*_: object) -> None:
    pass
