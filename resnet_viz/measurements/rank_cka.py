"""How many directions the features fill, and how much of the input is left in them."""

from __future__ import annotations

import numpy as np

from resnet_viz.measurements.base.figure import BLOCKS, Lines, Stacked
from resnet_viz.measurements.base.measurement import Given, Measured, Measurement, Subject, images
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import FEW_DIRECTIONS, Verdict, can_tell, if_finite
from resnet_viz.quantities.quantity import Tensor
from resnet_viz.text import number

MEASUREMENT = Measurement(
    name="rank_cka",
    title="effective rank and similarity to the input",
    sentence="Effective rank: how many independent directions the features span (1 = the network "
    "sees all images as the same). CKA: whether the images that look alike to a block also look "
    "alike in the input (1 = the same ones, 0 = nothing in common).",
    formula=r"\exp\Big(-\sum_i p_i \ln p_i\Big),\; p_i = \frac{\lambda_i}{\sum_j \lambda_j} "
    r"\text{ of } K = X X^\top; \qquad "
    r"\mathrm{CKA} = \frac{\|Y^\top X\|_F^2}{\|X^\top X\|_F\,\|Y^\top Y\|_F}",
    source="effective rank: Roy & Vetterli 2007; CKA: Kornblith et al. 2019, arXiv:1905.00414, "
    "eq. 3 and 4",
    cost=3,
    gives={
        "rank": Given("effective rank of the block's output", ("block",)),
        "cka": Given("linear CKA of the input to the block's output", ("block",)),
    },
    settings=(images(64),),
    only_forward=True,
    figure=Stacked(
        Lines("rank", BLOCKS, is_log=True, title="effective rank"),
        Lines("cka", BLOCKS, title="CKA with<br>the input", ends=(0, 1.02)),
    ),
)


def measure(subject: Subject) -> Measured:
    """Of the centred features [N, C H W]; NaN where features are not finite. Images that are all
    alike have the rank 1."""
    import torch

    from resnet_viz.nets.passes import outputs
    from resnet_viz.tensor_stats.effective_rank import effective_ranks

    with torch.no_grad():
        blocks = list(outputs(subject.network, subject.images))[1:]
        first, *others = (_gram(x) for x in (subject.images, *blocks))
    return {
        "rank": effective_ranks(others).tolist(),
        "cka": [_cka(first, one) for one in others],
    }


def _gram(features: Tensor) -> Tensor:
    """On the CPU, of whose features float64 is made; others stay where they are until then."""
    from resnet_viz.tensor_stats.effective_rank import gram

    return gram(features.double() if features.device.type == "cpu" else features).cpu().double()


def _cka(one: Tensor, other: Tensor) -> float:
    """Of centred Gram matrices: <K, L> / (|K| |L|)."""
    sizes = one.norm() * other.norm()
    return float((one * other).sum() / sizes)


def verdict(net: MeasuredNet) -> Verdict:
    """Whether few directions are a collapse is for the records to say: a net that has learnt may
    have few."""
    value, images = net.median("rank"), net.result.settings["images"]
    cka = net.array("cka")
    word = "few directions" if value <= FEW_DIRECTIONS else "not collapsed"
    if not can_tell(float(images)):
        word = "too few images"
    return if_finite(
        value,
        word,
        f"The features of {images} images fill {number(value)} directions (median of blocks); the "
        f"last block's have a CKA of {number(float(cka[-1]) if cka.size else np.nan)} with the "
        "input.",
    )
