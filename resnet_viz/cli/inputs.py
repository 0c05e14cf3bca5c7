"""What a user types, made into a config; every mistake is one sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import PRESETS, label
from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.nets.stored_weights.files import open_file
from resnet_viz.text import shorten, unknown_name

if TYPE_CHECKING:
    from resnet_viz.experiments.starting_point import Entry

MAX_BYTES = 1_000_000
"""A config is a few hundred bytes; a file beyond this is something else."""


class Net(NamedTuple):
    """A config and what to call it: the preset's name that the user gave, else its label."""

    name: str
    config: ResNetConfig


def read_net(text: str) -> Net:
    """The net that CONFIG stands for: a preset's name or the path of a JSON file.

    Raises:
        InputError: for an unknown name, and for a file that is missing, unreadable, not UTF-8,
            not JSON or not a valid config.
    """
    if text in PRESETS:
        return Net(text, PRESETS[text])
    data = _read_bytes(text)
    with input_errors(f"{shown_path(text)}: "):
        config = ResNetConfig.model_validate(_parse(data))
    return Net(label(config), config)


def is_of_library(text: str) -> bool:
    """Whether CONFIG names a net of another library, such as "timm:vit_tiny_patch16_224"."""
    return text.partition(":")[0] in ("torchvision", "timm") and ":" in text


def read_contestants(
    configs: Sequence[str], experiment: str | None
) -> tuple[Sequence[Entry], Mapping[str, Any]]:
    """The nets of a race, and what they train with: those that are named, or an experiment's.

    Raises:
        InputError: for neither or both, an unknown experiment or net.
    """
    if (experiment is None) == (not configs):
        given = "neither CONFIG nor --experiment is given"
        given = given if experiment is None else "both CONFIG and --experiment are given"
        raise InputError(f"{given}; allowed: one of them")
    from resnet_viz.experiments.starting_point import Entry

    if experiment is None:
        return [Entry(net.config, net.name) for net in map(read_net, configs)], {}
    from resnet_viz.experiments.starting_points import (
        current_name,
        starting_points,
    )

    name = current_name(experiment)
    if name is None:
        raise InputError(unknown_name("experiment", experiment, tuple(starting_points())))
    return starting_points()[name].entries, starting_points()[name].training


def read_numbers(option: str, text: str | None) -> tuple[int, ...] | None:
    """The whole numbers of `text`, such as "0,1,2"; None for None.

    Raises:
        InputError: where they are none.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        allowed = "whole numbers with commas between them, such as 0,1,2"
        raise InputError(f"{option} = {shorten(text)} is not allowed; allowed: {allowed}")
    return tuple(map(int, parts))


def shown_path(path: str, limit: int = 200) -> str:
    """`path` as Python would show it; of a very long one its end, which tells files apart."""
    text = repr(path)
    return text if len(text) <= limit else f"'...{text[3 - limit :]}"


def read_json(path: str) -> dict[str, object]:
    """The JSON object in a file.

    Raises:
        InputError: for a file that is missing, unreadable, or holds no object.
    """
    data = _read_bytes(path)
    with input_errors(f"{shown_path(path)}: "):
        return _parse(data)


def _read_bytes(text: str) -> bytes:
    if not text:
        raise InputError(unknown_name("preset", text, tuple(PRESETS)))
    if text == "-":
        raise InputError("'-': standard input is not read; allowed: a preset's name or a JSON file")
    try:
        file, size = open_file(text)
        with file:
            return file.read(min(size, MAX_BYTES + 1))
    except IsADirectoryError as error:
        raise InputError(f"{shown_path(text)} is a directory; allowed: a JSON file") from error
    except (OSError, ValueError) as error:
        raise InputError(_why_unreadable(text, error)) from error


def _why_unreadable(text: str, error: OSError | ValueError) -> str:
    looks_like_path = "/" in text or "\\" in text or text.lower().endswith(".json")
    if isinstance(error, FileNotFoundError | ValueError) and not looks_like_path:
        return unknown_name("preset", text, tuple(PRESETS))
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"cannot read {shown_path(text)}: {reason}"


def _parse(data: bytes) -> dict[str, object]:
    """The JSON object in `data`; a ValueError says what else it is."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"the file is too large for a config; allowed: {MAX_BYTES} bytes")
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_without_duplicates,
            parse_int=_whole_number,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        where = f"byte {error.object[error.start]:#04x} at position {error.start}"
        raise ValueError(f"the file is not UTF-8 text ({where}); allowed: JSON as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(_why_not_json(error)) from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply for a config") from error
    if not isinstance(value, dict):
        raise ValueError(f"the JSON is {shorten(value)}; allowed: an object of a config's fields")
    return value


def _why_not_json(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "the file is empty; allowed: a JSON object of a config's fields"
    return f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"


def _without_duplicates(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"field {shorten(twice)} is given more than once")
    return fields


def _whole_number(digits: str) -> int:
    if len(digits) > 1000:  # Python's own limit speaks of Python
        raise ValueError(f"a number of {len(digits)} digits is too large for any field")
    return int(digits)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON; allowed: finite numbers")
