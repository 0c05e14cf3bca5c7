"""Receptive fields: how much of the image a pixel of a feature map depends on; no torch."""

from __future__ import annotations

from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan


def receptive_fields(plan: NetworkPlan) -> dict[str, int]:
    """Receptive fields, in pixels a side, of the stem and of each block, by path.

    The theoretical field along the main path, which is the widest: r += (k - 1) j, j *= s for each
    kernel k at stride s (Dumoulin & Visin 2016, arXiv:1603.07285; Araujo et al. 2019,
    doi:10.23915/distill.00021). It may exceed the image. Squeeze-and-excitation, group norm, and
    batch norm in training, look at all pixels besides and are not counted; nor is the global
    pooling, so that the last block's field is the net's before it.
    """
    fields, pixels, jump = {}, 1, 1
    reaches: dict[int, tuple[int, int]] = {}  # by identity: blocks that are alike share a unit
    for path, unit in plan.units:
        if path == "head":
            break
        if id(unit) not in reaches:
            reaches[id(unit)] = _reach(unit)
        more, stride = reaches[id(unit)]
        pixels, jump = pixels + more * jump, jump * stride
        fields[path] = pixels
    return fields


def _reach(unit: Unit) -> tuple[int, int]:
    """Pixels of the unit's input that an output pixel sees beyond one, and the unit's stride."""
    more, jump = 0, 1
    for operation in unit.operations:
        if not operation.is_beside:
            more += (operation.kernel - 1) * jump
            jump *= operation.stride
    return more, jump
