"""Stored specs: parsed when they are needed, and sealed, so that a list need not parse them.

A seal says that a spec was found readable, and by which rules: it is a digest of what a RunSpec may
hold (its JSON schema), of the number of its rules (spec.RULES) and of the data sets that it may
name. The store breaks the seal when the spec is changed. What bears another seal, or none, is
tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from pydantic import BaseModel

from resnet_viz.arch.config import explain
from resnet_viz.data.registry import datasets
from resnet_viz.experiments.run_spec import RULES, STORED, RunSpec
from resnet_viz.text import shorten

_WORDS = ("title", "description", "examples")
"""What a JSON schema says to people alone."""


class Texts(NamedTuple):
    """The stored texts of a run: its spec and its header (see store/header.py)."""

    spec: str
    header: str


class LateTexts(Mapping[str, Texts]):
    """The texts of many runs by id, read when one is asked for, together with its neighbours.

    `read` gives the texts of a run and of some beside it; none for a run that is not there. What
    can be counted is what was read.
    """

    def __init__(self, read: Callable[[str], Mapping[str, Texts]]) -> None:
        self._read = read
        self._texts: dict[str, Texts] = {}

    def __getitem__(self, run_id: str) -> Texts:
        if run_id not in self._texts:
            self._texts |= self._read(run_id)
        return self._texts[run_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@lru_cache(maxsize=1)
def seal() -> str:
    """The seal of the specs that this version can read."""
    described = [
        (one.name, one.channels, one.classes, one.image_size, one.train)
        for one in datasets().values()
    ]
    content = {"rules": RULES, "fields": canonical_schema(RunSpec), "datasets": described}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]


def canonical_schema(model: type[BaseModel]) -> object:
    """The canonical JSON schema of a model: without words for people, definitions put in place,
    numbers as floats, lists sorted if their order means nothing.

    So it is the same whichever version of pydantic writes it.
    """
    schema = model.model_json_schema()
    return _canonical(schema, schema.get("$defs", {}))


def _canonical(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_canonical(one, definitions) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, dict):
        return value
    if reference := value.get("$ref"):
        return _canonical(definitions[reference.removeprefix("#/$defs/")], definitions)
    canonical = {
        key: _canonical(one, definitions)
        for key, one in value.items()
        if key not in (*_WORDS, "$defs", "properties")
    }
    for key in {"anyOf", "enum", "required", "type"} & canonical.keys():
        if isinstance(canonical[key], list):
            canonical[key].sort(key=json.dumps)
    if "properties" in value:  # whose keys are names of fields
        fields = value["properties"].items()
        canonical["properties"] = {name: _canonical(one, definitions) for name, one in fields}
    return canonical


@lru_cache(maxsize=1024)
def read_spec(run_id: str, text: str) -> RunSpec:
    """The spec of a run from its text.

    Raises:
        ValueError: for a text of another version, or none at all.
    """
    try:
        return RunSpec.model_validate_json(text, context=STORED)
    except ValueError as error:
        raise ValueError(
            f"the run {shorten(run_id)} cannot be read, another version wrote it: {explain(error)}"
        ) from error
