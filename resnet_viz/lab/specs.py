"""Specs in the store: read when they are asked for, and sealed, so that a list need not read them.

A seal is a digest of a spec's text and of what a RunSpec is in this version: a row that bears it
was written by this version and not changed since, and can be read. Any other is tried.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256

from resnet_viz.arch.config import explain, shorten
from resnet_viz.lab.spec import RunSpec


def seal(text: str) -> str:
    """The seal of a spec's text."""
    return sha256(_kind() + text.encode()).hexdigest()[:32]


@lru_cache(maxsize=1024)
def read_spec(run_id: str, text: str) -> RunSpec:
    """The spec of a run from its text.

    Raises:
        ValueError: for a text of another version, or none at all.
    """
    try:
        return RunSpec.model_validate_json(text)
    except ValueError as error:
        raise ValueError(
            f"the run {shorten(run_id)} cannot be read, another version wrote it: {explain(error)}"
        ) from error


@lru_cache(maxsize=1)
def _kind() -> bytes:
    return json.dumps(RunSpec.model_json_schema(), sort_keys=True).encode()
