"""Argument types: one clear sentence where a method is given another type than its hint says.

Hints are read as they are written: some name what is imported only when it is needed.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from numbers import Integral, Real
from typing import ParamSpec, TypeVar

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.store.run import Run
from resnet_viz.text import shorten

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_Class = TypeVar("_Class")
_Check = tuple[Callable[[object], bool], str]
"""Whether a value is of a type, and what is allowed, in words."""


def checks_arguments(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """The function, with a ValueError for an argument of another type than its hint says."""
    hints = {name: str(one.annotation) for name, one in _parameters(function)}

    @wraps(function)
    def checked(*given: _Given.args, **named: _Given.kwargs) -> _Result:
        for name, value in (dict(zip(hints, given, strict=False)) | named).items():
            is_right, allowed = CHECKS.get(hints.get(name, ""), _ANY)
            if not is_right(value):
                shown, kind = shorten(value), type(value).__name__
                sentence = f"{name} = {shown} is of type {kind}; allowed: {allowed}"
                raise ValueError(" ".join(sentence.split()))
        return function(*given, **named)

    return checked


def checks_methods(kind: type[_Class]) -> type[_Class]:
    """The class, each of whose public methods checks its arguments."""
    for name, own in list(vars(kind).items()):
        if inspect.isfunction(own) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, checks_arguments(own))
    return kind


def _parameters(function: Callable[..., object]) -> Iterable[tuple[str, inspect.Parameter]]:
    return inspect.signature(function).parameters.items()


def _or_none(check: _Check) -> _Check:
    is_right, allowed = check
    return lambda value: value is None or is_right(value), f"{allowed}, or None"


def _of(kind: type, allowed: str) -> _Check:
    return lambda value: isinstance(value, kind), allowed


def _many(kind: type, item: type, allowed: str) -> _Check:
    """Several of `item`; text is one, and whatever can be read only once is taken as it comes."""

    def is_right(value: object) -> bool:
        if not isinstance(value, kind) or isinstance(value, str | bytes | RunSpec):
            return False
        return not isinstance(value, Collection) or all(isinstance(one, item) for one in value)

    return is_right, allowed


def _with(method: str, allowed: str) -> _Check:
    """What is known by a method alone: its class needs torch, or imports this module."""
    return lambda value: callable(getattr(value, method, None)), allowed


_ANY: _Check = (lambda _: True, "")
_WHOLE, _TEXT = _of(Integral, "a whole number"), _of(str, "text")
_PATH: _Check = (lambda value: isinstance(value, str | os.PathLike), "a path")
_RUNS = _many(Sequence, RunSpec, "a list of RunSpec")
CHECKS: Mapping[str, _Check] = {
    "str": _TEXT,
    "int": _WHOLE,
    "int | None": _or_none(_WHOLE),
    "float | None": _or_none(_of(Real, "a number")),
    "Path | str": _PATH,
    "Path | str | None": _or_none(_PATH),
    "Sequence[str]": _many(Iterable, str, "a list of texts"),
    "Collection[str] | None": _or_none(_many(Collection, str, "a list of texts")),
    "tuple[int, int]": _many(Sequence, Integral, "two whole numbers"),
    "RunSpec": _of(RunSpec, "a RunSpec"),
    "SweepSpec": _of(SweepSpec, "a SweepSpec"),
    "Sequence[RunSpec]": _RUNS,
    "Sequence[RunSpec] | RaceSpec": (
        lambda value: isinstance(value, RaceSpec) or _RUNS[0](value),
        "a list of RunSpec, or a RaceSpec",
    ),
    "Run": _of(Run, "a Run"),
    "nn.Module": _with("named_modules", "a torch.nn.Module"),
    "Lab | None": _or_none(_with("watch", "a Lab")),
}
"""By the text of a hint."""
