"""The two ways a command ends badly; each error's text is one sentence for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from resnet_viz.arch.config import explain


class InputError(ValueError):
    """Bad usage or bad input: exit status 2."""


class CommandFailedError(RuntimeError):
    """The input was right, but carrying it out failed: exit status 1."""


@contextmanager
def input_errors(prefix: str = "") -> Iterator[None]:
    """Turn a ValueError of the library, raised on what the user gave, into an `InputError`."""
    try:
        yield
    except ValueError as error:
        raise InputError(prefix + explain(error)) from error
