"""What goes to standard output (results) and standard error (errors, notes, progress)."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resnet_viz.cli.errors import CommandFailedError, InputError
from resnet_viz.cli.inputs import shown_path
from resnet_viz.text import printable

MAX_LINE = 1000


def print_text(text: str) -> None:
    """`text` as it is on standard output: all of it, or an error.

    Raises:
        BrokenPipeError: where whoever read it has gone.
        CommandFailedError: where it cannot be written, such as on a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandFailedError(f"cannot write to standard output: {error.strerror}") from error


def print_json(value: object, *, indent: int | None = 2) -> None:
    """`value` as ASCII JSON on standard output; NaN must have been made null before."""
    print_text(json.dumps(value, indent=indent, allow_nan=False) + "\n")


def finite(value: float) -> float | None:
    """`value` where JSON has a number for it, else None."""
    return value if isfinite(value) else None


def print_lines(lines: Iterable[str]) -> None:
    """Plain text lines on standard output, never wrapped or styled."""
    print_text("".join(f"{line}\n" for line in lines))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; numbers are right-aligned, nothing is cut off.

    What a terminal is too narrow for is folded by rich. Into a pipe or file a table is as wide as
    it needs to be: no line is folded there.
    """
    body = [list(row) for row in rows]
    columns = list(map(list, zip(*body, strict=True))) or [[] for _ in headings]
    are_numbers = [
        bool(column) and all(isinstance(value, int | float) for value in column)
        for column in columns
    ]
    cells = [
        [heading, *map(_cell, column)] for heading, column in zip(headings, columns, strict=True)
    ]
    widths = [max(map(cell_len, column)) for column in cells]
    if sys.stdout.isatty() and sum(widths) + len(_GAP) * (len(widths) - 1) > Console().width:
        return print_lines(_folded(cells, are_numbers))
    aligned = [
        [" " * (width - cell_len(c)) + c if is_number else set_cell_size(c, width) for c in column]
        for column, width, is_number in zip(cells, widths, are_numbers, strict=True)
    ]
    head, *lines = (_GAP.join(line).rstrip() for line in zip(*aligned, strict=True))
    return print_lines((_bold(head), *lines))


_GAP = "  "


def _bold(line: str) -> str:
    """The line in bold, where a terminal takes it."""
    console = Console()
    with console.capture() as text:
        console.print(Text(line, style="bold"), soft_wrap=True)
    return text.get().rstrip()


def _folded(cells: Sequence[Sequence[str]], are_numbers: Sequence[bool]) -> Iterable[str]:
    """The lines of a table as wide as the terminal, from its columns with their headings."""
    table = Table(box=None, pad_edge=False)
    for place, ((heading, *_), is_number) in enumerate(zip(cells, are_numbers, strict=True)):
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=place == 0)
    for row in list(zip(*cells, strict=True))[1:]:
        table.add_row(*map(Text, row))
    console = Console()
    with console.capture() as text:
        console.print(table)
    return (line.rstrip() for line in text.get().splitlines())


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else printable(str(value))


def check_output(path: Path) -> None:
    """Refuse a file that cannot be written, before what belongs into it is computed.

    Raises:
        InputError: where its folder is not there, it is a folder itself, or may not be written.
    """
    try:
        if path.is_dir():
            reason = os.strerror(errno.EISDIR)
        elif not path.parent.is_dir():
            reason = f"there is no folder {shown_path(str(path.parent))}"
        elif not os.access(path if path.exists() else path.parent, os.W_OK):
            reason = os.strerror(errno.EACCES)
        else:
            return
    except OSError as error:  # such as a name that is too long
        reason = error.strerror or str(error)
    raise InputError(f"cannot write {shown_path(str(path))}: {reason}")


def write_file(path: Path, data: bytes) -> None:
    """`data` in a file, in place of what it had.

    Raises:
        InputError: where there can be no such file.
        CommandFailedError: where it does not take all of `data`, such as on a full disk.
    """
    try:
        file = path.open("wb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot write {shown_path(str(path))}: {reason}") from error
    try:
        with file:
            file.write(data)
    except OSError as error:
        name = shown_path(str(path))
        raise CommandFailedError(f"cannot write {name}: {error.strerror}") from error


def print_note(message: str) -> None:
    """One line for the user on standard error, beside the result."""
    _say(f"note: {one_line(message)}\n")


def print_error(message: str) -> None:
    """The one line on standard error that says what is wrong."""
    _say(f"error: {one_line(message)}\n")


def _say(line: str) -> None:
    """`line` on standard error; where that cannot be written there is nobody to tell."""
    with suppress(OSError):
        sys.stderr.write(line)
        sys.stderr.flush()


def one_line(message: str) -> str:
    """`message` with white space squashed and what cannot be printed escaped."""
    line = printable(" ".join(message.split()))
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 3] + "..."
