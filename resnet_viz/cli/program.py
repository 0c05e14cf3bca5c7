"""One command line, from its words to its exit status and the one line on what went wrong."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from resnet_viz.cli.command_list import app
from resnet_viz.cli.errors import InputError
from resnet_viz.cli.output import print_error, print_text
from resnet_viz.extras import missing

PROGRAM = "resnet-viz" if Path(sys.argv[0]).stem == "resnet-viz" else "python -m resnet_viz"
_UNWRITABLE = (errno.EBADF, errno.ENOSPC, errno.EIO)


def run(arguments: Sequence[str]) -> int:
    """Carry out `arguments`; what is wrong is one line on standard error, never a traceback."""
    try:
        return _run(list(arguments) or ["--help"])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has what they wanted
        return 1
    except (InputError, typer.TyperException) as error:
        print_error(_usage_sentence(error))
        return 2
    except Exception as error:  # noqa: BLE001 - the promise is one line, whatever went wrong
        print_error(_failure_sentence(error))
        return 1


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        status = command.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except SystemExit as stop:
        status = stop.code
    print_text("")  # what typer printed
    return status if isinstance(status, int) else 0


def _usage_sentence(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    message = message.replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    return f"{message.rstrip('.')}; see {context.command_path} --help" if context else message


def _failure_sentence(error: Exception) -> str:
    """The error's own sentence where the project wrote one, else its kind as well."""
    if isinstance(error, ModuleNotFoundError):
        return str(missing("this command", error))
    sentence = str(error)
    # Of a stream, not of a file: help, which typer writes.
    if isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITABLE:
        return f"cannot write to standard output: {error.strerror}"
    is_ours = type(error).__module__.startswith("resnet_viz.")
    if sentence and is_ours:
        return sentence
    return f"{type(error).__name__}: {sentence}".removesuffix(": ")
