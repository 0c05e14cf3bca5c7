"""Four experiments to press by name: their nets, and what to look for. No Streamlit.

What is to be seen is left to the records; a line here says where to look, never what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.presets import PRESETS


@dataclass(frozen=True)
class Entry:
    """One contestant: its net, its name ("" for the net's own), and what it trains otherwise."""

    config: ResNetConfig
    name: str = ""
    training: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Experiment:
    """Contestants that differ in what the experiment is about, and where to look."""

    entries: Sequence[Entry]
    look_for: str


def _named(names: Sequence[str]) -> Sequence[Entry]:
    return tuple(Entry(PRESETS[name], name) for name in names)


def _no_norm() -> Sequence[Entry]:
    bare = revise(PRESETS["resnet20-cifar"], norm="none")
    return (
        *_named(["resnet20-cifar", "plain20-cifar"]),
        Entry(bare, "resnet20-cifar, no norm"),
        Entry(plain_twin(bare), "plain20-cifar, no norm"),
    )


def _shortcuts() -> Sequence[Entry]:
    net = PRESETS["resnet56-cifar"]
    changed = {
        "halved": revise(net, shortcut_transform="scaled"),
        "gate on the shortcut": revise(net, shortcut_transform="shortcut_only_gate"),
        "gate on both paths": revise(net, shortcut_transform="exclusive_gate"),
    }
    return (
        *_named(["resnet56-cifar"]),
        *(Entry(config, f"resnet56-cifar, {name}") for name, config in changed.items()),
    )


def _rates() -> Sequence[Entry]:
    return tuple(
        Entry(PRESETS[name], f"{name}, lr {rate:g}", {"lr": rate})
        for rate in (0.01, 0.1)
        for name in ("resnet56-cifar", "plain56-cifar")
    )


EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        "Depth hurts": Experiment(
            _named(["resnet20-cifar", "plain20-cifar", "resnet56-cifar", "plain56-cifar"]),
            "Does the deeper net reach a lower training loss or a higher one? Compare the two "
            "plain nets with each other, then the two with shortcuts (He et al. 2015, Fig. 6).",
        ),
        "No norm": Experiment(
            _no_norm(),
            "The same two nets with batch norm and without. Compare their gradients at step 0, in "
            "size and in slope from layer to layer; then see whose loss leaves ln 10 = 2.30, that "
            "of guessing.",
        ),
        "Gates and scaling": Experiment(
            _shortcuts(),
            "What if a shortcut is no longer the bare x? Compare each loss with that of the "
            "untouched net, and the slope of the gradients at step 0 (He et al. 2016, Table 1).",
        ),
        "The rate": Experiment(
            _rates(),
            "Does another learning rate rescue the plain net? And watch the first ten steps of the "
            "net with shortcuts at the higher rate: does its loss jump before it falls?",
        ),
    }
)
