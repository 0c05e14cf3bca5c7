"""Relatives of a net: residual twin, deeper net, other shortcut option, v1 or v1.5; no torch.

`config.plain_twin` is one more of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from resnet_viz.arch.config import ResNetConfig, differences, explain, plain_twin, revise
from resnet_viz.arch.fields import BRANCH_LAYERS, Shortcut
from resnet_viz.arch.presets import PRESETS

Option = Literal["A", "B", "C"]
OPTIONS: Mapping[Option, Shortcut] = {"A": "zero_pad", "B": "projection", "C": "projection_all"}
"""He et al. 2015, sec. 3.3 and 4.1."""


def deeper_sibling(config: ResNetConfig) -> ResNetConfig:
    """The next published depth of the net's family, else one more block in every stage.

    A family are the presets that differ in nothing but depths and block, such as ResNet-18, 34
    and 50; blocks of one layer are of no family with others. A net that shares a preset's depths
    and block gets those of its next deeper sibling.

    Raises:
        ValueError: where the deeper net would be no valid one.
    """
    if published := _next_published(config):
        return _revised(config, {"block": published.block, "depths": published.depths})
    return _revised(config, {"depths": tuple(blocks + 1 for blocks in config.depths)})


def with_option(config: ResNetConfig, option: Option) -> ResNetConfig:
    """The net with the shortcuts of option A, B or C (He et al. 2015, sec. 3.3).

    Raises:
        ValueError: where the net cannot have them.
    """
    return _revised(config, {"shortcut": OPTIONS[option]})


def residual_twin(config: ResNetConfig, like: ResNetConfig | None = None) -> ResNetConfig:
    """The residual twin: a plain net with shortcuts, all else unchanged; a residual net as it is.

    With `like`, a residual net that `config` is the plain twin of, this is the way back: all that
    `plain_twin` took away is there again, as far as it goes with what `config` has changed since.
    Without, the shortcuts are zero-padded, which adds no parameters (option A), or projections
    where the widths shrink.
    """
    if config.shortcut != "none":
        return config
    if like is None or like.shortcut == "none":
        return _first_valid(config, {"shortcut": "zero_pad"}, {"shortcut": "projection"})
    plain = plain_twin(like)
    lost = {
        field: value
        for field, value in differences(like, plain).items()
        if getattr(config, field) == getattr(plain, field)
    }
    shortcut = {"shortcut": like.shortcut}
    return _first_valid(config, lost, shortcut, {"shortcut": "projection"})


def other_version(config: ResNetConfig) -> ResNetConfig:
    """The other version: v1 (stride on the first 1x1) for v1.5 (stride on the 3x3), and back.

    Raises:
        ValueError: for blocks that have no 1x1 convolution.
    """
    if config.block != "bottleneck":
        raise ValueError(
            f"block = {config.block!r} has no 1x1 convolution to put the stride on; v1 and v1.5 "
            "differ only for block = 'bottleneck'"
        )
    return _revised(config, {"stride_on": "1x1" if config.stride_on == "3x3" else "3x3"})


class Relative(NamedTuple):
    """A net derived from another: `name` says in what it differs, `about` where it comes from.

    `make` raises a ValueError for a net that has no such relative.
    """

    name: str
    make: Callable[[ResNetConfig], ResNetConfig]
    about: str


def twin(config: ResNetConfig) -> ResNetConfig:
    """The twin: plain for a residual net, residual for a plain one."""
    return residual_twin(config) if config.shortcut == "none" else plain_twin(config)


def _with(field: str, value: object) -> Callable[[ResNetConfig], ResNetConfig]:
    return lambda config: _revised(config, {field: value})


def _option(option: Option) -> Callable[[ResNetConfig], ResNetConfig]:
    return _with("shortcut", OPTIONS[option])


_FIGURE_2 = "on the shortcuts that are identities (He et al. 2016, Fig. 2 and Table 1)"
RELATIVES: tuple[Relative, ...] = (
    Relative("Twin", twin, "The same without shortcuts, or with them (He et al. 2015, 3.3)."),
    Relative("Deeper sibling", deeper_sibling, "The family's next published depth."),
    Relative("No norm", _with("norm", "none"), "Without any normalisation."),
    Relative(
        "Zero-init",
        _with("zero_init_residual", True),
        "A branch's last norm starts at 0 (Goyal et al. 2017, 5.1).",
    ),
    Relative("Option A", _option("A"), "Zero-padded shortcuts: no weights."),
    Relative(
        "Option B", _option("B"), "Projections where the shape changes (He et al. 2015, 3.3)."
    ),
    Relative("Option C", _option("C"), "Every shortcut is a projection (He et al. 2015, 3.3)."),
    Relative(
        "Pre-activation",
        _with("activation_order", "full_preactivation"),
        "Norm and activation before each convolution (He et al. 2016, Fig. 4e).",
    ),
    Relative("Halved", _with("shortcut_transform", "scaled"), f"Times 0.5, {_FIGURE_2}."),
    Relative(
        "Gate on the shortcut",
        _with("shortcut_transform", "shortcut_only_gate"),
        f"A learned gate, {_FIGURE_2}.",
    ),
    Relative(
        "Gate on both paths",
        _with("shortcut_transform", "exclusive_gate"),
        f"A learned gate, and one minus it on the branch, {_FIGURE_2}.",
    ),
    Relative("1x1 shortcut", _with("shortcut_transform", "conv1x1"), f"1x1, {_FIGURE_2}."),
    Relative(
        "Dropout shortcut",
        _with("shortcut_transform", "dropout"),
        f"Dropout of 0.5, {_FIGURE_2}.",
    ),
)
"""What one press adds beside a net."""


def _next_published(config: ResNetConfig) -> ResNetConfig | None:
    """The next deeper preset in the family of the preset that is most like `config`."""
    alike = [
        net for net in PRESETS.values() if (net.block, net.depths) == (config.block, config.depths)
    ]
    if not alike:
        return None
    nearest = min(alike, key=lambda net: len(differences(net, config)))
    own = {"block": nearest.block, "depths": nearest.depths}
    family = [
        net
        for net in PRESETS.values()
        if net.model_copy(update=own) == nearest and _is_one_layer(net) == _is_one_layer(nearest)
    ]
    deeper = [net for net in family if _branch_layers(net) > _branch_layers(nearest)]
    return min(deeper, key=_branch_layers, default=None)


def _is_one_layer(config: ResNetConfig) -> bool:
    return config.block == "one_layer"


def _branch_layers(config: ResNetConfig) -> int:
    return sum(config.depths) * BRANCH_LAYERS[config.block]


def _first_valid(config: ResNetConfig, *changes: Mapping[str, object]) -> ResNetConfig:
    """`config` with the first of `changes` that it can have; the last is always possible."""
    for change in changes[:-1]:
        with contextlib.suppress(ValueError):
            return revise(config, **change)
    return revise(config, **changes[-1])


def _revised(config: ResNetConfig, changes: dict[str, object]) -> ResNetConfig:
    try:
        return revise(config, **changes)
    except ValueError as error:
        raise ValueError(explain(error)) from None
