"""What goes to standard output (results) and standard error (errors, notes, progress)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resnet_viz.cli.errors import InputError
from resnet_viz.cli.inputs import shown_path

MAX_LINE = 1000


def print_json(value: object, *, indent: int | None = 2) -> None:
    """`value` as ASCII JSON on standard output; NaN must have been made null before."""
    sys.stdout.write(json.dumps(value, indent=indent, allow_nan=False) + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Plain text lines on standard output, never wrapped or styled."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A rich table on standard output; numbers are right-aligned, nothing is cut off."""
    body = [list(row) for row in rows]
    table = Table(box=None, pad_edge=False)
    for column, heading in enumerate(headings):
        is_number = bool(body) and all(isinstance(row[column], int | float) for row in body)
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=column == 0)
    for row in body:
        table.add_row(*(Text(_cell(value)) for value in row))
    # Into a pipe or file a table is as wide as it needs to be: no line is folded there.
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as text:
        console.print(table)
    print_lines(line.rstrip() for line in text.get().splitlines())


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def write_file(path: Path, data: bytes) -> None:
    """`data` in a file, in place of what it had.

    Raises:
        InputError: where there can be no such file.
    """
    try:
        file = path.open("wb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot write {shown_path(str(path))}: {reason}") from error
    with file:
        file.write(data)


def print_note(message: str) -> None:
    """One line for the user on standard error, beside the result."""
    sys.stderr.write(f"note: {one_line(message)}\n")


def print_error(message: str) -> None:
    """The one line on standard error that says what is wrong."""
    sys.stderr.write(f"error: {one_line(message)}\n")


def one_line(message: str) -> str:
    """`message` with white space squashed and what cannot be printed escaped."""
    squashed = " ".join(message.split())
    cut = squashed if len(squashed) <= MAX_LINE else squashed[: MAX_LINE - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
