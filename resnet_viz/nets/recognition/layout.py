"""Layout of a state dict: which of its tensors lie in which block of which stage, by their names.

Names are read by the templates of `stored_weights.layer_names`, the other way round.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from resnet_viz.nets.stored_weights.layer_names import PLACES, inside_names
from resnet_viz.nets.stored_weights.state_dicts import AVERAGES, COUNTER
from resnet_viz.nets.stored_weights.stored_tensors import Stored

_MOST_TRIED = 3
_SE = re.compile(r"(^|\.)(se|se_module|se_layer|attn|eca)\.")


@dataclass(frozen=True)
class Weight:
    """The weight of a layer: its path in the file, its name in its block, and its shape."""

    path: str
    name: str
    shape: tuple[int, ...]
    has_bias: bool = False
    has_statistics: bool = False


@dataclass(frozen=True)
class BlockLayout:
    """The weights of one block, each list in the order of its numbers."""

    weights: tuple[Weight, ...]

    @cached_property
    def _projected(self) -> frozenset[str]:
        names = inside_names("shortcut.conv") | inside_names("shortcut.norm")
        return frozenset(w.path for w in self.weights if w.name in names)

    def _is_branch(self, weight: Weight) -> bool:
        return weight.path not in self._projected and not _SE.search(f"{weight.name}.")

    @cached_property
    def convs(self) -> tuple[Weight, ...]:
        """The convolutions of the branch."""
        return tuple(w for w in self.weights if len(w.shape) == 4 and self._is_branch(w))

    @cached_property
    def norms(self) -> tuple[Weight, ...]:
        """The norms of the branch, and those before and after it."""
        return tuple(w for w in self.weights if len(w.shape) == 1 and self._is_branch(w))

    @cached_property
    def projections(self) -> tuple[Weight, ...]:
        """The convolutions of the shortcut."""
        return tuple(w for w in self.weights if len(w.shape) == 4 and w.path in self._projected)

    @cached_property
    def projection_norms(self) -> tuple[Weight, ...]:
        return tuple(w for w in self.weights if len(w.shape) == 1 and w.path in self._projected)

    @cached_property
    def attention(self) -> tuple[Weight, ...]:
        """The layers of squeeze-and-excitation, or of other attention in its place."""
        return tuple(w for w in self.weights if _SE.search(f"{w.name}."))


@dataclass(frozen=True)
class Layout:
    """The blocks of a net, by stage, and the weights outside them, in order."""

    prefix: str
    stages: tuple[tuple[BlockLayout, ...], ...]
    outside: tuple[Weight, ...]

    @property
    def blocks(self) -> Iterator[BlockLayout]:
        return (block for stage in self.stages for block in stage)


def layouts(tensors: Mapping[str, Stored]) -> Iterator[Layout]:
    """The layouts that the names allow, the one with most blocks first."""
    weights = {w.path: w for w in _weights(tensors)}
    found: Counter[tuple[str, str]] = Counter()
    for weight in weights.values():
        if len(weight.shape) == 4:
            for template in PLACES:
                match = _regex(template).fullmatch(weight.path)
                if match:
                    found[template, match["before"]] += 1

    def merit(place: tuple[str, str]) -> tuple[int, bool, int]:
        template, before = place
        is_average = any(word in before.lower() for word in AVERAGES)
        return found[place], not is_average, -PLACES.index(template)

    for template, before in sorted(found, key=merit, reverse=True)[:_MOST_TRIED]:
        yield _layout(weights, template, before)


def _weights(tensors: Mapping[str, Stored]) -> Iterator[Weight]:
    for name, tensor in tensors.items():
        path, _, leaf = name.rpartition(".")
        if leaf == "weight":
            yield Weight(
                path,
                path,
                tensor.shape,
                f"{path}.bias" in tensors,
                f"{path}.running_mean" in tensors or f"{path}.{COUNTER}" in tensors,
            )


def _layout(weights: Mapping[str, Weight], template: str, before: str) -> Layout:
    blocks: dict[int, dict[int, list[Weight]]] = defaultdict(lambda: defaultdict(list))
    outside: list[Weight] = []
    for path, weight in weights.items():
        match = _regex(template).fullmatch(path)
        if match is None:
            outside.append(weight)
        elif match["before"] == before:
            named = Weight(
                path, match["inside"], weight.shape, weight.has_bias, weight.has_statistics
            )
            blocks[int(match["s"])][int(match["b"])].append(named)
    stages = tuple(
        tuple(BlockLayout(_in_order(block)) for _, block in sorted(stage.items()))
        for _, stage in sorted(blocks.items())
    )
    return Layout(before, stages, _in_order(outside))


def _in_order(weights: list[Weight]) -> tuple[Weight, ...]:
    """By the numbers in their names: some files have them in alphabetical order."""

    def key(weight: Weight) -> list[tuple[str, int]]:
        parts = re.findall(r"(\D*)(\d*)", weight.name)
        return [(text, int(number or 0)) for text, number in parts]

    return tuple(sorted(weights, key=key))


@lru_cache(maxsize=64)
def _regex(template: str) -> re.Pattern[str]:
    """A template of a block's place as an expression: what is before, s, b, and what is inside."""
    pieces = re.split(r"\{(\w)\d?\}", template)
    body = "".join(
        rf"(?P<{piece}>\d+)" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    return re.compile(rf"(?P<before>(?:.*\.)?){body}\.(?P<inside>.+)")
