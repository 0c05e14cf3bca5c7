"""A race's settings in the address: `?experiment=No+norm&lr=0.1`, or `?first=resnet50&steps=200`.

Only what differs from the default is there. The device is not: it belongs to the computer, not to
the race. No Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_viz.arch.config import ResNetConfig, explain, unknown_name
from resnet_viz.arch.presets import PRESETS
from resnet_viz.lab.data.registry import offered
from resnet_viz.lab.spec import RunSpec
from resnet_viz.ui.common.link import from_text, to_text, value_of
from resnet_viz.ui.race.experiments import EXPERIMENTS

DEFAULT_NET = "resnet56-cifar"
TRAINING = (
    "dataset",
    "batch_size",
    "subset",
    "augment",
    "steps",
    "lr",
    "seed",
    "image_size",
    "optimizer",
    "momentum",
    "nesterov",
    "weight_decay",
    "clip_grad_norm",
    "warmup_steps",
    "schedule",
    "step_gamma",
    "label_smoothing",
    "precision",
    "compile",
    "activation_checkpointing",
    "evaluate_every",
    "measure_every",
)
"""Fields of RunSpec, as the address names them; each is judged together with those before it."""
KEYS = ("experiment", "first", "second", *TRAINING)


@dataclass(frozen=True)
class Settings:
    """What an address can say of a race. `second` is None for the first net's twin."""

    experiment: str | None
    first: ResNetConfig
    second: ResNetConfig | None
    training: Mapping[str, Any]


def default_training() -> dict[str, Any]:
    """Each field of `TRAINING` with its default."""
    return {field: RunSpec.model_fields[field].default for field in TRAINING}


def to_query(settings: Settings) -> dict[str, str]:
    """Query parameters that give `settings` back."""
    nets = {"first": settings.first, "second": settings.second}
    if settings.experiment is not None:
        query = {"experiment": settings.experiment}
    else:
        default = {"first": PRESETS[DEFAULT_NET], "second": None}
        query = {key: to_text(net) for key, net in nets.items() if net and net != default[key]}
    for field, default_value in default_training().items():
        value = settings.training[field]
        if value != default_value:
            query[field] = _written(value)
    return query


def from_query(query: Mapping[str, str]) -> tuple[Settings, Sequence[str]]:
    """The settings of an address, and a sentence for each value that is left out, being none."""
    problems: list[str] = []
    experiment = query.get("experiment")
    if experiment is not None and experiment not in EXPERIMENTS:
        problems.append(unknown_name("experiment", experiment, tuple(EXPERIMENTS)))
        experiment = None
    nets: dict[str, ResNetConfig] = {}
    for key in ("first", "second"):
        if key in query:
            try:
                nets[key] = from_text(query[key])
            except ValueError as error:
                problems.append(f"{key} net: {error}")
    training = default_training()
    for field in TRAINING:
        if field in query:
            try:
                training[field] = _read(field, query[field], training)
            except ValueError as error:
                problems.append(explain(error))
    first = nets.get("first", PRESETS[DEFAULT_NET])
    return Settings(experiment, first, nets.get("second"), training), problems


# A net that any data and any batch fit, so that a field is judged by itself.
_SMALL = ResNetConfig(depths=(1,), widths=(8,), stem="cifar", norm="none", image_size=8)


def _read(field: str, text: str, training: Mapping[str, Any]) -> object:
    default = RunSpec.model_fields[field].default
    # Nothing else: a link must not make the server look at a folder of someone's choice.
    if field == "dataset" and text not in offered():
        raise ValueError(unknown_name(field, text, offered()))
    value = text if isinstance(default, str) else value_of(text)
    spec = RunSpec.model_validate({"config": _SMALL, **training, field: value})
    valid = getattr(spec, field)
    return float(valid) if isinstance(default, float) else valid


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
