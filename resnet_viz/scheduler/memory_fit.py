"""Whether runs fit into a device's memory, before they start; no torch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.memory import training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler.places import slots_on
from resnet_viz.text import byte_size

MOST_IMAGES = 65_536
"""The largest batch size: the limit where only a folder's files tell how many images it has."""
PROCESS_BYTES = 800_000_000
"""What a run's process takes besides: PyTorch and its compiler (0.74 GB), or a CUDA context."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What runs need, and what there is, in bytes.

    `needs` is the sum of those that train at the same time. `largest_batch` is the most images
    with which they fit, at most `images`, those there are to train on. `checkpointed_needs` is
    what they need where all of them use activation checkpointing.
    """

    available: int
    images: int
    needs: int
    largest_batch: int
    checkpointed_needs: int

    @property
    def fits(self) -> bool:
        return self.needs <= self.available

    @property
    def fits_checkpointed(self) -> bool:
        """Whether activation checkpointing helps: without it they do not fit, with it they do."""
        return not self.fits and self.checkpointed_needs <= self.available

    @property
    def sentence(self) -> str:
        """Needs, what is free, the verdict, the largest batch, and the way out if there is one."""
        verdict = "fits" if self.fits else "does not fit"
        text = (
            f"needs about {byte_size(self.needs)}, {byte_size(self.available)} are free: "
            f"{verdict}; {_largest(self.largest_batch, self.images)}."
        )
        if not self.fits_checkpointed:
            return text
        return (
            f"{text} With activation checkpointing it needs about "
            f"{byte_size(self.checkpointed_needs)} and fits."
        )


def check_fit(specs: Sequence[RunSpec], available: int, device: str = "cpu") -> Fit:
    """Whether `specs`, raced on one device with `available` bytes free, fit into them.

    As many as the device takes at once share it; the rest wait their turn.
    """
    slots = slots_on(device)
    own = [_Line.of(spec, spec.activation_checkpointing) for spec in specs]
    saving = [_Line.of(spec, True) for spec in specs]
    batch = specs[0].batch_size
    images = specs[0].subset or dataset_info(specs[0].dataset).train or MOST_IMAGES
    return Fit(
        available=available,
        images=images,
        needs=_needs(own, slots, batch),
        largest_batch=bisect_right(
            range(1, images + 1), available, key=lambda batch: _needs(own, slots, batch)
        ),
        checkpointed_needs=_needs(saving, slots, batch),
    )


def check_room(config: ResNetConfig, copies: int) -> None:
    """Refuse a net of which `copies` of the float32 weights do not fit into what is free.

    A machine out of memory raises nothing: its system ends processes, and not only this one.

    Raises:
        ValueError: where they do not.
    """
    needs, free = 4 * copies * plan(config).params, psutil.virtual_memory().available
    if needs > free:
        raise ValueError(
            f"the net does not fit into memory: its weights need {byte_size(needs)}, "
            f"{byte_size(free)} are free; choose a smaller net"
        )


@dataclass(frozen=True, slots=True)
class _Line:
    """Bytes of a run by batch size."""

    fixed: int
    an_image: int

    @classmethod
    def of(cls, spec: RunSpec, checkpointing: bool) -> _Line:
        net, settings = plan(spec.adapted), (spec.optimizer, spec.precision)
        none, one = (
            training_memory(
                net, batch, *settings, checkpointing=checkpointing, momentum=spec.momentum
            ).total
            for batch in (0, 1)
        )
        info = dataset_info(spec.dataset)
        # A byte a value; a folder's images are not counted before they are read.
        images = (info.train or 0) * info.channels * info.image_size**2
        return cls(none + PROCESS_BYTES + images, one - none)

    def at(self, batch: int) -> int:
        return self.fixed + batch * self.an_image


def _needs(lines: Sequence[_Line], slots: int, batch: int) -> int:
    return sum(sorted((line.at(batch) for line in lines), reverse=True)[:slots])


def _largest(batch: int, images: int) -> str:
    if batch == images:
        whose = "a batch may have" if images == MOST_IMAGES else "to train on"
        return f"so does every batch up to the {images:,} images {whose}"
    return f"the largest batch that fits is {batch:,}" if batch else "nor does a batch of 1"
