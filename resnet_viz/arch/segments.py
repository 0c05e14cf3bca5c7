"""Segments for activation checkpointing: how a net is cut, and what is still kept; no torch.

Chen et al. 2016, arXiv:1604.06174: of a chain cut into segments only the segments' inputs are kept
in the forward pass; in the backward pass each segment runs forward once more, so that what lies
inside it is kept for one segment at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from math import sqrt

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive units, of stem and blocks, by the paths of their modules.

    Elements for one image: `input` is what the segment takes, `inside` what its backward needs.
    """

    paths: tuple[str, ...]
    input: int
    inside: int


def segments(network: NetworkPlan) -> tuple[Segment, ...]:
    """The segments of stem and blocks, alike in what they keep inside; the head is left out.

    With k segments the inputs take k times b elements and the largest inside about I / k, where b
    is the mean of the units' inputs and I is what they keep together: the sum is least at
    k = sqrt(I / b), about twice the square root of the number of blocks.
    """
    units = list(network.units)
    elements = [
        unit.kept_inside + unit.out_elements * (unit.keeps_output or after.keeps_input)
        for (_, unit), (_, after) in pairwise(units)
    ]
    numbers = _cut(elements, [unit.in_elements for _, unit in units[:-1]])
    parts: list[Segment] = []
    for _, group in groupby(zip(numbers, units, elements, strict=False), key=lambda part: part[0]):
        _, members, inside = zip(*group, strict=True)
        paths = tuple(path for path, _ in members)
        parts.append(Segment(paths, members[0][1].in_elements, sum(inside)))
    return tuple(parts)


def elements_kept(network: NetworkPlan) -> int:
    """Elements kept for one image at the peak: all inputs, the inside of one segment, the head."""
    return _elements_kept(network.config)


@lru_cache(maxsize=64)
def _elements_kept(config: ResNetConfig) -> int:
    network = plan(config)
    cut = segments(network)
    largest = max(segment.inside for segment in cut)
    return sum(segment.input for segment in cut) + largest + network.head.kept_inside


def _cut(elements_of_units: list[int], inputs: list[int]) -> list[int]:
    """For each unit the number of its segment: an even share of the sum of `elements_of_units`."""
    total, mean_input = sum(elements_of_units), sum(inputs) / len(inputs)
    count = max(1, min(len(elements_of_units), round(sqrt(total / mean_input))))
    numbers, before = [], 0
    for elements in elements_of_units:
        numbers.append(int((before + elements / 2) * count / max(1, total)))
        before += elements
    return numbers
