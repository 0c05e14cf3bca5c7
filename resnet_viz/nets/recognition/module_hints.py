"""What a module tells beside its weights: strides, activations, dropout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from torch import nn

from resnet_viz.nets.kinds import ACTIVATIONS
from resnet_viz.nets.network import ResNet
from resnet_viz.nets.recognition.guess import Hints, UnlikeError

_FIELDS = {class_name: field for field, class_name in ACTIVATIONS.items()}
_OF_CONVS = ("kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
_OF_NORMS = ("eps", "num_groups")


def hints_of(module: nn.Module) -> Hints:
    """The hints in anyone's module.

    Raises:
        UnlikeError: where it drops out what no configuration does.
    """
    modules = dict(module.named_modules())

    def stride(path: str) -> int | None:
        found = getattr(modules.get(path), "stride", None)
        return found[0] if isinstance(found, tuple) else None

    def groups(path: str) -> int | None:
        return getattr(modules.get(path), "num_groups", None)

    kinds = Counter(_FIELDS.get(type(one).__name__) for one in modules.values())
    del kinds[None]
    found = [kind for kind, _ in kinds.most_common() if kind is not None]
    # Without any, they are functions, which nobody sees.
    return Hints(stride, groups, tuple(found or ACTIVATIONS), _dropout(modules))


def _dropout(modules: Mapping[str, nn.Module]) -> float:
    """The rate of the dropout inside blocks."""
    rate = 0.0
    for path, one in modules.items():
        if getattr(one, "drop_prob", 0):
            raise UnlikeError(
                f"{path} ({type(one).__name__}) drops branches with probability {one.drop_prob}; "
                "allowed: 0 (a configuration has stochastic_depth for this)"
            )
        if isinstance(one, nn.Dropout | nn.Dropout2d) and one.p > 0:
            if len(re.findall(r"\d+", path)) < 2:  # a block's path has its stage's and its own
                raise UnlikeError(
                    f"{path} drops {one.p} of the features before the classifier; "
                    "allowed: dropout between the convolutions of a block"
                )
            rate = one.p
    return rate


def unlike_layer(module: nn.Module, ours: ResNet, names: Mapping[str, str], net: str) -> str:
    """The first layer that has another stride, padding or eps than ours, in words; "" if none."""
    for key in ours.state_dict():
        path, _, leaf = key.rpartition(".")
        if leaf != "weight" or key not in names:
            continue
        name = names[key]
        own, theirs = ours.get_submodule(path), module.get_submodule(name.rpartition(".")[0])
        for attribute in _OF_CONVS if isinstance(own, nn.Conv2d) else _OF_NORMS:
            mine, other = getattr(own, attribute, None), getattr(theirs, attribute, None)
            if mine is not None and other is not None and _pair(mine) != _pair(other):
                where = name.removesuffix(".weight")
                return f"{where} has {attribute} {other}; allowed in {net}: {mine}"
    return ""


def _pair(value: object) -> object:
    return (value, value) if isinstance(value, int) else value
