"""Starting points to press by name: nets, their training, and what to look for; no torch.

What is to be seen is left to the records; a line here says where to look, never what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.presets import PRESETS

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Entry:
    """One contestant: its net, its name ("" for the net's own), and what it trains otherwise."""

    config: ResNetConfig
    name: str = ""
    training: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True)
class Experiment:
    """Contestants that differ in what the experiment is about, and where to look.

    `training` holds fields of RunSpec that all share and that are not the defaults; `departs`
    says how a recipe from elsewhere was cut down to seconds on two cores.
    """

    entries: Sequence[Entry]
    look_for: str
    training: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    departs: str = ""


def _named(*names: str) -> Sequence[Entry]:
    return tuple(Entry(PRESETS[name], name) for name in names)


def _both(name: str, config: ResNetConfig, twin: str) -> Sequence[Entry]:
    return Entry(config, name), Entry(plain_twin(config), twin)


def _no_norm() -> Sequence[Entry]:
    bare = revise(PRESETS["resnet20-cifar"], norm="none")
    both = _both("resnet20-cifar, no norm", bare, "plain20-cifar, no norm")
    return *_named("resnet20-cifar", "plain20-cifar"), *both


def _zero_init() -> Sequence[Entry]:
    zeroed = revise(PRESETS["resnet56-cifar"], zero_init_residual=True)
    return (
        *_named("resnet56-cifar"),
        Entry(zeroed, "resnet56-cifar, zero-init"),
        *_named("plain56-cifar"),
    )


def _orders() -> Sequence[Entry]:
    made: list[Entry] = []
    for name in ("resnet56-cifar", "resnet110-cifar"):
        changed = revise(PRESETS[name], activation_order="full_preactivation")
        made += [*_named(name), Entry(changed, f"{name}, pre-activation")]
    return tuple(made)


_TRANSFORMS = {
    "scaled": "halved",
    "shortcut_only_gate": "gate on the shortcut",
    "exclusive_gate": "gate on both paths",
    "conv1x1": "1x1 convolution",
    "dropout": "dropout",
}


def _transforms() -> Sequence[Entry]:
    net = PRESETS["resnet56-cifar"]
    changed = {
        name: revise(net, shortcut_transform=transform) for transform, name in _TRANSFORMS.items()
    }
    return (
        *_named("resnet56-cifar"),
        *(Entry(config, f"resnet56-cifar, {name}") for name, config in changed.items()),
    )


def _rates() -> Sequence[Entry]:
    return tuple(
        Entry(PRESETS[name], f"{name}, lr {rate:g}", {"lr": rate})
        for rate in (0.01, 0.1)
        for name in ("resnet56-cifar", "plain56-cifar")
    )


def _narrow(name: str) -> ResNetConfig:
    """A quarter as wide, so that two cores train it in seconds."""
    net = PRESETS[name]
    return revise(net, widths=tuple(width // 4 for width in net.widths))


_KINDS = ("resnet", "plain")
_ADAM = {"optimizer": "adam", "weight_decay": 0.0, "image_size": 32}

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        "Default race": Experiment(
            _named("resnet56-cifar", "plain56-cifar"),
            "The same layers with shortcuts and without. Compare the gradients of the first layers "
            "at step 0 with those ten steps later, and see whose loss leaves ln 10 = 2.30, that of "
            "guessing.",
        ),
        "Depth hurts": Experiment(
            _named(*(f"{kind}{depth}-cifar" for depth in (20, 56, 110) for kind in _KINDS)),
            "Does the deeper net reach a lower training loss or a higher one? Compare the three "
            "plain nets with each other, then the three with shortcuts (He et al. 2015, Fig. 6).",
        ),
        "No norm": Experiment(
            _no_norm(),
            "The same two nets with batch norm and without. Compare their gradients at step 0, in "
            "size and in slope from layer to layer; then see whose loss leaves ln 10 = 2.30, that "
            "of guessing.",
        ),
        "Zero-init": Experiment(
            _zero_init(),
            "Where each branch starts at 0, a net is at first no more than its shortcuts (Goyal et "
            "al. 2017, 5.1). Compare the slope of the three gradients at step 0, then their first "
            "losses.",
        ),
        "Pre-activation": Experiment(
            _orders(),
            "Norm and activation before each convolution instead of after the addition (He et al. "
            "2016, Fig. 1), at a rate of 0.1. Which loss jumps in the first steps, and does more "
            "depth make it worse?",
            {"lr": 0.1},
        ),
        "Shortcut transforms": Experiment(
            _transforms(),
            "What if a shortcut is no longer the bare x? Compare each loss with that of the "
            "untouched net, and the slope of the gradients at step 0 (He et al. 2016, Table 1).",
        ),
        "The rate": Experiment(
            _rates(),
            "Does another learning rate rescue the plain net? And watch the first ten steps of the "
            "net with shortcuts at the higher rate: does its loss jump before it falls?",
        ),
        "notebook34": Experiment(
            _both("notebook34", _narrow("notebook34"), "its plain twin"),
            "The study notebook's ResNet-34 and what it is where the addition is forgotten. "
            "Compare the gradients of the first layers at step 0: can a step change them?",
            _ADAM | {"lr": 1e-3},
            "A quarter as wide, the digits at 32x32 pixels instead of its own images, 60 steps.",
        ),
        "dnddnjs32": Experiment(
            _both("dnddnjs32-cifar", PRESETS["dnddnjs32-cifar"], "its plain twin"),
            "The blog post's ResNet-32 for CIFAR-10, with its rate, which falls to a tenth at "
            "half and at three quarters of the steps. Look at both losses where it falls.",
            {"lr": 0.1, "batch_size": 128, "schedule": "step", "steps": 80},
            "The digits at 8x8 pixels instead of CIFAR-10, neither cropped nor mirrored (mirrored "
            "digits are other signs), 80 steps instead of 64,000.",
        ),
        "fastcampus50": Experiment(
            _both("fastcampus50", _narrow("fastcampus50"), "its plain twin"),
            "The course's ResNet-50, which halves the resolution in the last block of a stage and "
            "has no activation after the addition. Compare gradients at step 0, then the losses.",
            _ADAM | {"lr": 2e-4, "batch_size": 16, "steps": 100},
            "A quarter as wide, the digits at 32x32 pixels and their ten classes instead of its "
            "own images of two, 16 images a step instead of 1, 100 steps.",
        ),
    }
)
