"""Lesion: one block deleted, or several, the effect, and the sentence about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.measurements.base.verdict import UNLEARNT
from resnet_viz.text import and_words, count, number

LESIONS, REMOVAL = "lesions", "removal"
"""The measurements' names: on training images, and on held-out ones."""
MOST_NAMED = 3
"""Blocks that a sentence names; more are counted."""


class Removal(NamedTuple):
    """The error rate with all blocks and without some, on so many images."""

    whole_error: float
    left_error: float
    images: int


def removal_in(results: Sequence[MeasurementResult], blocks: str, step: int) -> Removal | None:
    """The removal of blocks (from input to output, with commas between) in the newest of a run's
    results; None where it was not measured."""
    wanted = (REMOVAL, step, measurement(REMOVAL).checked({"blocks": blocks}))
    for one in reversed(results):
        if (one.measurement, one.step, one.settings) == wanted and one.found:
            whole, error, seen = (float(one.found[n]) for n in ("whole_error", "error", "seen"))
            return Removal(whole, error, int(seen))
    return None


class Lesion(NamedTuple):
    """The error rate and loss (nats) with all blocks and without some, as `step` begins."""

    step: int
    whole_error: float
    error: float
    whole_loss: float
    loss: float


def lesion_in(
    results: Sequence[MeasurementResult], blocks: Sequence[str], block: str, step: int
) -> Lesion | None:
    """The lesion of `block` in the newest of a run's results, measured alone or with all in turn.

    `block` may be several, from input to output, with commas between. None where it was not
    measured, with as many images as all others. `blocks` are the net's.
    """
    for one in reversed(results):
        if (one.measurement, one.step) == (LESIONS, step) and _is_of(one, block) and one.found:
            at, arrays = blocks.index(block.partition(",")[0]), one.found
            error, loss = float(arrays["error"][at]), float(arrays["loss"][at])
            return Lesion(
                step, float(arrays["whole_error"]), error, float(arrays["whole_loss"]), loss
            )
    return None


def blocks_words(block: str) -> str:
    """Blocks as a sentence names them: "block 2 of stage 1 and block 1 of stage 2", "4 blocks"."""
    names = [_block_words(path) for path in block.split(",")]
    return and_words(names) if len(names) <= MOST_NAMED else count(len(names), "block")


def _block_words(path: str) -> str:
    found = re.fullmatch(r"stages\.(\d+)\.(\d+)", path)
    return f"block {int(found[2]) + 1} of stage {int(found[1]) + 1}" if found else path


def lesion_sentence(name: str, block: str, lesion: Lesion, *, has_batch_norm: bool) -> str:
    """A sentence such as "ResNet-20 without block 2 of stage 2: error on the training images
    3.1% → 5.0%, ..."."""
    what = f"{name} without {blocks_words(block)}"
    if np.isnan(lesion.error):
        return f"{what}: it cannot be left out, nothing fits what follows it."
    norm = ", batch norm recalibrated" if has_batch_norm else ""
    sentence = (
        f"{what}: error on the training images {lesion.whole_error:.1%} → "
        f"{lesion.error:.1%}, loss {number(lesion.whole_loss, 2)} → {number(lesion.loss, 2)} "
        f"(step {lesion.step:,}{norm})."
    )
    if lesion.whole_error > UNLEARNT:
        sentence += " The whole net has learnt too little for this to say anything of the block."
    return sentence


def _is_of(one: MeasurementResult, block: str) -> bool:
    """Whether a result of lesions has that of `block`, with the default number of images."""
    checked = measurement(LESIONS).checked({"block": one.settings.get("block", "")})
    return one.settings == checked and one.settings["block"] in ("", block)
