"""train(spec): one net trained, one record a step; no processes, no user interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.memory_format import memory_format
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.quantities import quantities
from resnet_viz.quantities.layer_states import LAYER_STATE, StateLog
from resnet_viz.quantities.points import FINAL, place
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, StepRecord
from resnet_viz.training.evaluation import answers, at_the_end, is_due
from resnet_viz.training.hooks import tap, tap_flows
from resnet_viz.training.malloc import free_at_once
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.passing import Unfinished, to_host
from resnet_viz.training.probes import Instruments
from resnet_viz.training.tensors import held_out, held_out_part, load
from resnet_viz.training.torch_devices import resolve
from resnet_viz.training.training_state import Resumable
from resnet_viz.training.update.activation_checkpointing import checkpointed
from resnet_viz.training.update.optimizer_step import Updates
from resnet_viz.training.update.precision import autocast, prepare


def train(
    spec: RunSpec,
    *,
    instruments: bool = True,
    built: Callable[[ResNet], None] | None = None,
    ending: Callable[[StepRecord], None] | None = None,
    resumable: Resumable | None = None,
) -> Iterator[StepRecord]:
    """Train the net of `spec` and yield a record for each step, as soon as it is done.

    The last record also has the quantity "final": how the net does after its last update, on
    up to 1,000 training images and as many held-out ones. That takes about as long as six to
    nine steps of 64 images (training/evaluation.py says how).

    On one CPU thread the same spec gives the same records bit for bit (except `seconds`), and all
    specs with one seed, data set and batch size see the same minibatches. Training goes on if the
    loss is inf or NaN. From now on the calling thread flushes denormal numbers to zero.

    Args:
        spec: net, data, optimiser and device.
        instruments: False leaves the quantities out, to time the same loop without them.
        built: gets the net before the first step. Between records its weights are those of the
            last update; they are for looking at.
        ending: gets the last record as soon as that step is done, before the end is measured.
        resumable: where the state can be taken between records; what it begins from, if anything,
            is gone on from bit for bit.

    Raises:
        ValueError: where the device or the data set is not there, or not as the spec says.
        RuntimeError: what torch raises where memory runs out or a device fails.
    """
    device = resolve(spec.device)
    prepare(device, spec.precision)
    torch.set_flush_denormal(True)
    if spec.activation_checkpointing and device.type == "cpu":
        free_at_once()
    torch.manual_seed(spec.seed)
    layout = memory_format(spec.adapted, device)
    net = build_resnet(spec.adapted, device, spec.seed).to(memory_format=layout)
    if built is not None:
        built(net)
    held = spec.quantities if instruments else {}
    loop = _Loop(spec, net, device, held)
    size = spec.adapted.image_size
    batch = spec.batch_size
    data = load(spec.dataset, size, spec.subset, classes=spec.classes, batch_size=batch)
    first = resumable.first if resumable else 0
    batches = minibatches(data, batch, spec.seed, size, device, augment=spec.augment, first=first)
    if spec.evaluate_every and instruments:
        images, labels = held_out(spec.dataset, data, size)
        loop.hold_out(images.to(device, memory_format=layout), labels.to(device))
    if resumable:  # after all that draws random numbers
        resumable.attach({"net": net, "updates": loop.updates, "log": loop.log}, device)
    begin = time.perf_counter() - (resumable.seconds if resumable else 0.0)
    for step, (images, labels) in zip(range(first, spec.steps), batches, strict=False):
        scalars, taken = loop.step(step, images.to(memory_format=layout), labels)
        (loss, accuracy), values = to_host(scalars, taken)
        values |= loop.states(values)
        record = StepRecord(step, loss, accuracy, time.perf_counter() - begin, values)
        if step == spec.steps - 1 and FINAL in held:
            if ending is not None:
                ending(record)
            others = held_out_part(spec.dataset, data, size)
            end = quantities()[FINAL].measure(at_the_end(net, data, others, spec))
            record = replace(record, values={**values, FINAL: end.cpu().numpy()})
        yield record


class _Loop:
    """Net, optimiser and instruments of one run."""

    def __init__(
        self, spec: RunSpec, net: ResNet, device: torch.device, held: Mapping[str, Along]
    ) -> None:
        self._spec, self._net, self._device = spec, net, device
        self._eager = checkpointed(net) if spec.activation_checkpointing else net
        self._run = torch.compile(self._eager) if spec.compile else self._eager
        self.updates = Updates(spec, net.parameters(), device)
        self._held_out: tuple[Tensor, Tensor] | None = None
        layers = [net.get_parameter(f"{name}.weight") for name in spec.layer_names]
        self._held = held
        self.log = StateLog()
        self._instruments = Instruments(
            *(layers, net.parameters(), held, partial(tap, net)),
            every=spec.measure_every,
            weights_every=spec.weights_every,
            tap_flows=partial(tap_flows, net),
            flows_every=spec.flows_every,
            last=spec.steps - 1,
        )

    def step(
        self, step: int, images: Tensor, labels: Tensor
    ) -> tuple[tuple[Tensor, Tensor], Mapping[str, Tensor | Unfinished]]:
        """One update; loss and accuracy, and what the instruments found, on the device."""
        self.updates.zero_grad()
        self._instruments.arm(step)
        loss, accuracy = self._forward(images, labels)
        self._instruments.after_forward(self.updates.loss_scale)
        self.updates.backward(loss)
        self._instruments.after_backward()
        self.updates.apply()
        taken = self._instruments.collect()
        return (loss.detach(), accuracy), {**taken, **self._evaluated(step)}

    def states(self, values: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """The layers' states at the step that found `values`, where they have changed."""
        if LAYER_STATE not in self._held:
            return {}
        return self.log.record(self.log.states(self._instruments.known, values))

    def hold_out(self, images: Tensor, labels: Tensor) -> None:
        """Images on the device that the net is tried on, and not trained."""
        self._held_out = images, labels

    def _evaluated(self, step: int) -> Mapping[str, Tensor]:
        """What the net, updated by this step, makes of the held-out images, where that is due."""
        if self._held_out is None or not is_due(self._spec, step):
            return {}
        images, labels = self._held_out
        points = {
            "held_out_logits": [answers(self._net, images, self._spec.precision)],
            "held_out_labels": [labels],
        }
        return {
            about.name: about.measure(*(points[point] for point in about.points))
            for about in quantities().values()
            if place(about)[1] == "evaluations"
        }

    def _forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        # What is compiled has no place for hooks.
        run = self._eager if self._instruments.is_measuring else self._run
        with autocast(self._device, self._spec.precision):
            logits = run(images)
        smoothing = self._spec.label_smoothing
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)
        return loss, (logits.detach().argmax(1) == labels).float().mean()
