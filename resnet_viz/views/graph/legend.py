"""Legend of the graph of a net: the kinds of shortcuts in it, and what "+" does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.views import labels
from resnet_viz.views.graph.model import Graph

_NOTES: Mapping[str, str] = {
    "original": "+ adds, then {act}",
    "norm_after_addition": "+ adds, then {norm}{act}",
    "relu_before_addition": "F ends in {act}; + only adds",
    "relu_only_preactivation": "p, before F, is {act}; + only adds",
    "full_preactivation": "p, before F, is {norm}{act}; + only adds",
}


class Sample(NamedTuple):
    """A kind of shortcut, with its words."""

    kind: str
    text: str


def samples(graph: Graph) -> tuple[Sample, ...]:
    """The kinds of shortcuts in a graph, in a fixed order."""
    occurring = {edge.kind for edge in graph.edges}
    names = labels.SHORTCUT_NAMES.items()
    return tuple(Sample(kind, f"{name} shortcut") for kind, name in names if kind in occurring)


def note(graph: Graph) -> str:
    """The note: where activation and norm are, and what the addition does."""
    if graph.title is not None:
        return graph.title.note
    return "" if graph.config is None else _note(graph.config)


def _note(config: ResNetConfig) -> str:
    if config.shortcut == "none":
        return "plain net: no additions, no shortcuts"
    act = config.activation.replace("_", " ")
    norm = "" if config.norm == "none" else f"{config.norm} norm and "
    if config.activation_order == "original" and not config.final_activation:
        return "+ only adds"
    return _NOTES[config.activation_order].format(act=act, norm=norm)
