"""Errors of training and building in words."""

from __future__ import annotations

import re

_OUT_OF_MEMORY = re.compile(
    r"out of memory|can't allocate memory|cannot allocate memory|not enough memory|"
    r"failed to allocate|buffer size",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on whatever device (torch says so in several ways)."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(str(error)))


def sentence(error: BaseException, device: str, batch_size: int) -> str:
    """One sentence for the user on an error raised on `device`."""
    if is_out_of_memory(error):
        return (
            f"Out of memory on {device}: the net with batch {batch_size} needs more than there "
            "is; choose a smaller batch, net or image."
        )
    # The first line: torch adds hints and traces below it.
    message, kind = str(error).strip().partition("\n")[0], type(error).__name__
    if isinstance(error, ValueError) and message:
        return message
    return f"{kind}: {message}" if message else kind
