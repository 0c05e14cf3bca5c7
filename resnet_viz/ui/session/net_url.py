"""Net URL: nets in the address: `?net=resnet50&norm=none`, or `?a=resnet50,norm=none&b=plain34`.

No Streamlit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig, differences, explain
from resnet_viz.arch.field_words import text_of, value_words
from resnet_viz.arch.net_names import deepened_name, nearest_preset
from resnet_viz.arch.presets import PRESETS, label
from resnet_viz.text import and_words, shorten, unknown_name

DEFAULT_NET = "resnet34"
_MOST_NAMED = 2
"""Fields that a net's name tells beside its preset's."""
_NAMED = re.compile(r"(\w+)(?:\[\d+\])? = ")
"""The fields that a sentence on a net names."""


def to_query(config: ResNetConfig, base: str | None = None) -> dict[str, str]:
    """The query parameters of `config`: a preset and the fields that differ from it.

    The preset is `base`, else the nearest.
    """
    name = base or nearest_preset(config)
    changed = differences(config, PRESETS[name])
    return {"net": name} | {field: _written(field, value) for field, value in changed.items()}


def nickname(config: ResNetConfig) -> str:
    """A net's name: its preset's, with a field or two that differ from it; else its label."""
    base = nearest_preset(config)
    changed = differences(config, PRESETS[base])
    if not 0 < len(changed) <= _MOST_NAMED:
        return label(config)
    return ", ".join([deepened_name(config, base), *map(value_words, changed, changed.values())])


def from_query(query: Mapping[str, str]) -> ResNetConfig:
    """The net in an address; parameters that are no fields of a config are ignored.

    Raises:
        ValueError: one line that names what is wrong with the address.
    """
    name = query.get("net", DEFAULT_NET)
    # No list of all presets: the page has that in a box, and an address may be wrong in many nets.
    if name not in PRESETS:
        raise ValueError(unknown_name("preset", name, tuple(PRESETS), lists=False))
    start = PRESETS[name].model_dump()
    changes = {field: _read(field, query[field]) for field in start if field in query}
    try:
        return ResNetConfig.model_validate(start | changes)
    except ValueError as error:
        raise ValueError(explain(error)) from None


def closest_net(query: Mapping[str, str]) -> tuple[ResNetConfig, str]:
    """The net in an address without what is wrong with it, and a sentence on that, or ""."""
    base = query.get("net", DEFAULT_NET)
    known = {"net": base if base in PRESETS else DEFAULT_NET}
    fields = {field: query[field] for field in ResNetConfig.model_fields if field in query}
    ignored = [] if base in PRESETS else ["net"]
    why = [] if base in PRESETS else [_problem({"net": base})]
    while problem := _problem(known | fields):
        if problem not in "; ".join(why):  # as it is where several fields are wrong
            why.append(problem)
        named = [field for field in _NAMED.findall(problem) if field in fields] or list(fields)
        # Of fields that do not fit together one is enough.
        without = [{f: t for f, t in fields.items() if f != field} for field in named]
        enough = (i for i, rest in enumerate(without) if not _problem(known | rest))
        place = next(enough, 0)
        ignored.append(named[place])
        fields = without[place]
    sentence = f"Ignored {and_words(ignored)} in this link: {'; '.join(why)}" if why else ""
    sentence += "" if sentence.endswith(("?", ".")) or not why else "."
    return from_query(known | fields), sentence


def _problem(query: Mapping[str, str]) -> str:
    try:
        from_query(query)
    except ValueError as error:
        return str(error)
    return ""


def to_text(config: ResNetConfig) -> str:
    """The net as one value in an address, such as "resnet50,norm=none,depths=1-2-3-1"."""
    query = to_query(config)
    name = query.pop("net")
    return ",".join([name, *(f"{field}={value}" for field, value in query.items())])


def from_text(text: str) -> ResNetConfig:
    """The net that `to_text` wrote.

    Raises:
        ValueError: one line that names what is wrong with the text.
    """
    name, *parts = text.split(",")
    query = {"net": name}
    for part in parts:
        field, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{shorten(part)} is not of the form field=value")
        if field not in ResNetConfig.model_fields:
            raise ValueError(unknown_name("field", field, tuple(ResNetConfig.model_fields)))
        query[field] = value
    return from_query(query)


def _written(field: str, value: object) -> str:
    return text_of(field, value) if isinstance(value, tuple | str) else json.dumps(value)


def _read(field: str, text: str) -> object:
    if field in ("depths", "widths"):
        return [value_of(item) for item in text.split("-")]
    return value_of(text)


def value_of(text: str) -> object:
    """A number, true, false or null from JSON; other text unchanged."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, dict | list | str) else value
