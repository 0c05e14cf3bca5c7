"""A race's settings in the address: `?experiment=No+norm&lr=0.1`, or `?first=resnet50&seeds=3`.

Only what differs from the default, or from what the experiment trains with, is there. No Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.presets import PRESETS
from resnet_viz.data.registry import offered
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.experiments.spec_rules import check_device_name
from resnet_viz.experiments.starting_points import current_name, starting_points
from resnet_viz.stage.told import PACES
from resnet_viz.text import shorten, unknown_name
from resnet_viz.ui.session.net_url import from_text, to_text, value_of

DEFAULT_NET = "resnet56-cifar"
_BEFORE = ("dataset", "batch_size")
_NOT_ASKED = ("classes", "step_milestones", "checkpoints", "device")
TRAINING = tuple(dict.fromkeys((*_BEFORE, *(name for name in SETTINGS if name not in _NOT_ASKED))))
"""Settings of a run, as the address names them; each is judged together with those before it."""
KEYS = ("experiment", "first", "second", "more", "seeds", "pace", "device", *TRAINING)
DEFAULT_DEVICE = "auto"
ALONE = "none"
"""What the address says for no second net."""
MOST_NETS, MOST_SEEDS = 6, 5


@dataclass(frozen=True)
class Settings:
    """What an address can say of a race.

    `second` is None for the first net's twin, and there is none where it `is_alone`; with an
    experiment both stand for later. `more` are the nets beside these. Each is trained from `seeds`
    seeds, the first of which is in `training`. The `device` may be one that this computer lacks.
    """

    experiment: str | None
    first: ResNetConfig
    second: ResNetConfig | None
    training: Mapping[str, Any]
    is_alone: bool = False
    more: Sequence[ResNetConfig] = ()
    seeds: int = 1
    pace: float | None = None
    device: str = DEFAULT_DEVICE


def default_training(experiment: str | None = None) -> dict[str, Any]:
    """Each field of `TRAINING` with its default, or what the experiment trains with."""
    defaults = {field: SETTINGS[field].default for field in TRAINING}
    return defaults | dict(starting_points()[experiment].training if experiment else {})


def to_query(settings: Settings) -> dict[str, str]:
    """Query parameters that give `settings` back."""
    nets = {"first": settings.first, "second": settings.second}
    if settings.experiment is not None:
        query = {"experiment": settings.experiment}
    else:
        default = {"first": PRESETS[DEFAULT_NET], "second": None}
        query = {key: to_text(net) for key, net in nets.items() if net and net != default[key]}
        query |= {"second": ALONE} if settings.is_alone else {}
    if settings.more:
        query["more"] = _BETWEEN.join(map(to_text, settings.more))
    if settings.seeds > 1:
        query["seeds"] = str(settings.seeds)
    if settings.pace is not None:
        query["pace"] = f"{settings.pace:g}"
    if settings.device != DEFAULT_DEVICE:
        query["device"] = settings.device
    for field, default_value in default_training(settings.experiment).items():
        value = settings.training[field]
        if value != default_value:
            query[field] = _written(field, value)
    return query


def from_query(query: Mapping[str, str]) -> tuple[Settings, Sequence[str]]:
    """The settings of an address, and a sentence for each value that is left out, being none."""
    problems: list[str] = []
    experiment = None
    if "experiment" in query:
        experiment = current_name(query["experiment"])
        if experiment is None:
            known = tuple(starting_points())
            problems.append(unknown_name("experiment", query["experiment"], known))
    is_alone = query.get("second") == ALONE
    nets: dict[str, ResNetConfig] = {}
    for key in ("first", "second"):
        if key in query and not (key == "second" and is_alone):
            try:
                nets[key] = from_text(query[key])
            except ValueError as error:
                problems.append(f"{key} net: {error}")
    training = default_training(experiment)
    for field in TRAINING:
        if field in query:
            try:
                training[field] = _read(field, query[field], training)
            except ValueError as error:
                problems.append(explain(error))
    own = len(starting_points()[experiment].entries) if experiment else 2 - is_alone
    settings = Settings(
        experiment,
        nets.get("first", PRESETS[DEFAULT_NET]),
        nets.get("second"),
        training,
        is_alone,
        _more(query.get("more", ""), MOST_NETS - own, problems),
        int(_one_of("seeds", query, range(1, MOST_SEEDS + 1), problems) or 1),
        _one_of("pace", query, PACES, problems),
        _device(query, problems),
    )
    return settings, problems


def _more(text: str, most: int, problems: list[str]) -> Sequence[ResNetConfig]:
    """The nets of `text` that there are, and that there is room for."""
    nets: list[ResNetConfig] = []
    for part in text.split(_BETWEEN) if text else ():
        try:
            nets.append(from_text(part))
        except ValueError as error:
            problems.append(f"more nets: {error}")
    if len(nets) > most:
        problems.append(f"a race has at most {MOST_NETS} nets, and {len(nets) - most} are too many")
    return tuple(nets[:most])


def _one_of(
    name: str, query: Mapping[str, str], options: Sequence[float | None], problems: list[str]
) -> float | None:
    """What the address says for `name`, where it is one of the options; None where it says none."""
    if name not in query:
        return None
    for option in options:
        if option is not None and option == value_of(query[name]):
            return option
    allowed = ", ".join(f"{option:g}" for option in options if option is not None)
    problems.append(f"{name} = {shorten(query[name])}: allowed are {allowed}")
    return None


def _device(query: Mapping[str, str], problems: list[str]) -> str:
    """A name that a device can have; whether this computer has it is not looked at."""
    name = query.get("device", DEFAULT_DEVICE)
    try:
        check_device_name(name)
    except ValueError as error:
        problems.append(f"device = {shorten(name)}: {error}")
        return DEFAULT_DEVICE
    return {"cuda": "cuda:0"}.get(name, name)


_BETWEEN = ";"  # which no net has in its text
_NONE = "null"  # as in a net's text


# A net that any data and any batch fit, so that a field is judged by itself.
_SMALL = ResNetConfig(depths=(1,), widths=(8,), stem="cifar", norm="none", image_size=8)


def _read(field: str, text: str, training: Mapping[str, Any]) -> object:
    setting = SETTINGS[field]
    # Nothing else: a link must not make the server look at a folder of someone's choice.
    if field == "dataset" and text not in offered():
        raise ValueError(unknown_name(field, text, offered()))
    value = text if setting.type is str and text != _NONE else value_of(text)
    spec = RunSpec.model_validate({"config": _SMALL, **training, field: value})
    valid = getattr(spec, field)
    return float(valid) if setting.type is float and valid is not None else valid


def _written(field: str, value: object) -> str:
    if value is None:
        return _NONE
    return str(value).lower() if isinstance(value, bool) else text_of(field, value)
