"""ResNetConfig: all choices that define a residual network, validated; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import BaseModel, ValidationError, model_validator

from resnet_viz.arch.fields import GATE_BIAS, ConfigFields
from resnet_viz.arch.rules import violations
from resnet_viz.cells import ShownInCells
from resnet_viz.text import shorten, unknown_name

_RECOGNITION = "resnet_viz.nets.recognition.recognise"
"""Imported when it is called: it needs torch."""


class ResNetConfig(ShownInCells, ConfigFields):
    """One residual network, or its plain twin (``shortcut="none"``). Frozen and hashable.

    Raises:
        ValueError: for any invalid value or combination; `explain` turns it into one line.
    """

    @model_validator(mode="after")
    def _check(self) -> Self:
        for sentence in violations(self):
            raise ValueError(sentence)
        return self

    @classmethod
    def from_model(cls, module: object) -> ResNetConfig:
        """The configuration of a torch module: of ours, torchvision, timm, transformers or others.

        It is proved: every weight has its place in a net of this configuration, and both nets give
        the same logits in evaluation mode from the same random weights. The module stays as it was.
        Fields that only training uses (`init`, `zero_init_residual`, `gate_bias`,
        `stochastic_depth`) and `image_size` have their defaults unless the module is ours. If it
        has no classifier, the features are compared, and `num_classes` has its default.

        Raises:
            ValueError: one sentence that says what does not fit.
        """
        found: ResNetConfig = import_module(_RECOGNITION).from_model(module)
        return found

    @classmethod
    def from_checkpoint(cls, file: str | Path) -> ResNetConfig:
        """The configuration of a file of weights, by names and shapes, or as a file of ours says.

        Every tensor of the net in the file has its place, and none is left over. What has no
        weights (activations, strides, zero-padded shortcuts) is assumed to be as usual. No code in
        the file is run.

        Raises:
            ValueError: one sentence, if it is not such a file, or no configuration has its net.
        """
        found: ResNetConfig = import_module(_RECOGNITION).from_checkpoint(file)
        return found


def choices(field: str) -> tuple[str, ...]:
    """The values of a field of named values, in the contract's order."""
    named: tuple[str, ...] = get_args(ResNetConfig.model_fields[field].annotation)
    return named


def plain_twin(config: ResNetConfig) -> ResNetConfig:
    """The plain twin: the same net without its shortcuts (He et al. 2015, sec. 3.3).

    What only makes sense beside a shortcut (its transform, stochastic depth, a branch that starts
    at 0) goes with it; "fixup" becomes the default initialisation.
    """
    return revise(
        config,
        shortcut="none",
        shortcut_transform="identity",
        gate_bias=GATE_BIAS,
        stochastic_depth=0.0,
        residual_scale="none",
        zero_init_residual=False,
        init="kaiming_fan_out" if config.init == "fixup" else config.init,
    )


def revise(config: ResNetConfig, **changes: Any) -> ResNetConfig:
    """A config with some fields changed, validated again.

    Raises:
        ValueError: where the changed config is not valid.
    """
    return ResNetConfig.model_validate(config.model_dump() | changes)


def differences(config: ResNetConfig, other: ResNetConfig) -> dict[str, object]:
    """The fields in which `config` differs from `other`, with the values of `config`, in order."""
    values = config.__dict__
    return {
        field: values[field] for field, value in other.__dict__.items() if values[field] != value
    }


def explain(error: ValueError) -> str:
    """One line for the user: each invalid field, its value and what is allowed."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    fields = tuple(ResNetConfig.model_fields) if error.title == ResNetConfig.__name__ else ()
    details: list[dict[str, Any]] = [dict(d) for d in error.errors(include_url=False)]
    within = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    # pydantic also calls a list too short when it has left invalid items out.
    own = [d for d in details if d["type"] != "too_short" or d["loc"][0] not in within]
    lines = [_sentence(detail, fields) for detail in own[:3]]
    more = f" (and {len(own) - 3} more)" if len(own) > 3 else ""
    return " ".join(("; ".join(lines) + more).split())


def _sentence(detail: dict[str, Any], fields: Sequence[str]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in detail["loc"]).lstrip(".")
    if detail["type"] == "extra_forbidden":
        return unknown_name("field", place, fields)
    if not place:
        return message[:1].lower() + message[1:] if detail["type"] != "value_error" else message
    if detail["type"] == "too_long":
        message = "at most {max_length} are allowed, not {actual_length}".format(**detail["ctx"])
        if any(isinstance(one, BaseModel) for one in detail["input"]):  # too much to be shown
            return f"{place}: {message}"
    return f"{place} = {shorten(detail['input'])}: {message[:1].lower()}{message[1:]}"
