"""What goes to standard output (results) and standard error (errors, notes, progress)."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

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


def print_lines(lines: Iterable[str]) -> None:
    """Plain text lines on standard output, never wrapped or styled."""
    print_text("".join(f"{line}\n" for line in lines))


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
