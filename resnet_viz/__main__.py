"""The command line: `resnet-viz`, or `python -m resnet_viz`.

Exit status: 0 done; 2 bad usage or bad input; 1 a failure while running; 130 after Ctrl-C. What is
wrong is one line on standard error, never a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from resnet_viz.extras import missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's) and return its exit status."""
    try:
        from resnet_viz.cli import program  # noqa: PLC0415 - after Ctrl-C is taken care of
    except ModuleNotFoundError as error:
        print(f"error: {missing('the command line', error)}", file=sys.stderr)
        return 1
    return program.run(sys.argv[1:] if arguments is None else arguments)


def _main_interruptible() -> int:
    """`main` as a process, where Ctrl-C also ends the time before and after it without a word."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return main()  # such as in the background of a shell, which ignores it
    signal.signal(signal.SIGINT, _end_at_once)
    with suppress(ModuleNotFoundError):  # which `main` tells
        import resnet_viz.cli.program  # noqa: F401, PLC0415 - takes a while

    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = main()
    signal.signal(signal.SIGINT, _end_at_once)
    return status


def _end_at_once(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(130)


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


def command() -> NoReturn:
    """This process's command line, as `resnet-viz` and `python -m resnet_viz` run it."""
    _open_missing_streams()
    # A terminal that cannot show a character gets it escaped; being told to end is an exit like
    # any other, so that a race stops its workers.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _end)
    status = _main_interruptible()
    _drop_unwritten()
    raise SystemExit(status)


if __name__ == "__main__":
    command()
