"""Specs in the store: read when they are asked for, and sealed, so that a list need not read them.

A seal says which version found a spec readable: it is a digest of the sources that say what a
RunSpec is. The store breaks the seal when the spec is changed. What bears another seal, or none,
is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from resnet_viz.arch.config import explain, shorten
from resnet_viz.lab.spec import STORED, RunSpec

_WHAT_A_SPEC_IS = ("arch/*.py", "lab/spec.py", "lab/data/**/*.py")


class Texts(NamedTuple):
    """A run's spec, and its header (see lab/header.py), as they are stored."""

    spec: str
    header: str


class LateTexts(Mapping[str, Texts]):
    """The texts of many runs by their ids, read together when the first one is asked for."""

    def __init__(self, read: Callable[[], Mapping[str, Texts]]) -> None:
        self._read = read
        self._texts: Mapping[str, Texts] | None = None

    def _all(self) -> Mapping[str, Texts]:
        if self._texts is None:
            self._texts = self._read()
        return self._texts

    def __getitem__(self, run_id: str) -> Texts:
        return self._all()[run_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


@lru_cache(maxsize=1)
def seal() -> str:
    """The seal of a spec that this version can read."""
    package = Path(__file__).parents[1]
    digest = sha256()
    for pattern in _WHAT_A_SPEC_IS:
        for file in sorted(package.glob(pattern)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


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
