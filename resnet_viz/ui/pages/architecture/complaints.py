"""Complaints about the fields of the form, in the form's own words; no Streamlit."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.text import shorten

NOT_ONE = ""
"""The field of a complaint that names none."""

_NUMBERS = ("int_type", "int_parsing", "int_from_float", "float_type", "float_parsing")


def complaints(draft: dict[str, object]) -> dict[str, str]:
    """A sentence for each field of `draft` that makes no net; {} if all is well."""
    try:
        ResNetConfig.model_validate(draft)
    except ValidationError as error:
        by_field: dict[str, list[str]] = {}
        details: list[dict[str, Any]] = [dict(d) for d in error.errors(include_url=False)]
        within = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
        for detail in details:
            # pydantic also calls a list too short when it has left invalid items out.
            if detail["type"] != "too_short" or detail["loc"][0] not in within:
                field, words = _complaint(detail)
                by_field.setdefault(field, []).append(words)
        return {field: "; ".join(words) for field, words in by_field.items()}
    return {}


def title(field: str) -> str:
    """The form's title of a field."""
    return field.replace("_", " ")


def in_one(sentences: dict[str, str]) -> str:
    """All complaints in one line, each with its field; one about several fields names them all."""
    return "; ".join(
        words if re.match(r"\w+ = ", words) or field == NOT_ONE else f"{title(field)}: {words}"
        for field, words in sentences.items()
    )


def _complaint(detail: dict[str, Any]) -> tuple[str, str]:
    """The field and what is wrong with it."""
    if not detail["loc"]:
        sentence = str(detail["msg"]).removeprefix("Value error, ")
        named = re.match(r"\w+(?= = )", sentence)
        return (named[0] if named else NOT_ONE), sentence
    value, limits = shorten(detail["input"]), detail.get("ctx", {})
    field = str(detail["loc"][0])
    if detail["input"] is None:
        return field, "a number is needed"
    if detail["type"] in _NUMBERS:
        return field, f"{value} is no{' whole' if detail['type'].startswith('int') else ''} number"
    words = {
        "greater_than_equal": f"{value} is too small, the least is {limits.get('ge')}",
        "less_than_equal": f"{value} is too large, the most is {limits.get('le')}",
        "less_than": f"{value} is too large, it must be less than {limits.get('lt')}",
        "too_long": f"at most {limits.get('max_length')} stages are allowed",
        "too_short": "at least one number is needed",
    }
    message = str(detail["msg"])
    return field, words.get(detail["type"], f"{value}: {message[:1].lower()}{message[1:]}")
