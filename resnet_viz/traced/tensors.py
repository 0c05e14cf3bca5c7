"""The tensors in what goes into a module or comes out: tuples, mappings, and classes of those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from torch import Tensor


def tensors_in(given: object) -> Iterator[Tensor]:
    """All floating point tensors, in their order."""
    if isinstance(given, Tensor):
        if given.is_floating_point():
            yield given
    elif isinstance(given, Mapping):
        for part in given.values():
            yield from tensors_in(part)
    elif isinstance(given, tuple | list):
        for part in given:
            yield from tensors_in(part)
    elif is_dataclass(given) and not isinstance(given, type):
        for field in fields(given):
            yield from tensors_in(getattr(given, field.name))
