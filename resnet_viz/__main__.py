"""The command line: `python -m resnet_viz`.

Exit status: 0 done; 2 bad usage or bad input; 1 a failure while running; 130 after Ctrl-C. What is
wrong is one line on standard error, never a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import typer

from resnet_viz.cli.commands import app
from resnet_viz.cli.errors import InputError
from resnet_viz.cli.output import print_error, print_text

PROGRAM = "python -m resnet_viz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's) and return its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(given or ["--help"])
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
    context = getattr(error, "ctx", None)
    return f"{message.rstrip('.')}; see {context.command_path} --help" if context else message


def _failure_sentence(error: Exception) -> str:
    """The error's own sentence where the project wrote one, else its kind as well."""
    said = str(error)
    is_ours = type(error).__module__.startswith("resnet_viz.")
    return said if said and is_ours else f"{type(error).__name__}: {said}".removesuffix(": ")


def _open_missing_streams() -> None:
    """Stand-ins for standard streams that are closed, as by `>&-`.

    Without them the next file that is opened, such as the store, would become standard output.
    Writing to the stand-in fails as it does in any program; what is meant for errors is lost.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)  # takes the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def _drop_unwritten() -> None:
    """Empty the buffers of streams that cannot be written: Python complains of them at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _end(signal_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal_number)


if __name__ == "__main__":
    _open_missing_streams()
    # A terminal that cannot show a character gets it escaped; being told to end is an exit like
    # any other, so that a race stops its workers.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _end)
    status = main()
    _drop_unwritten()
    raise SystemExit(status)
