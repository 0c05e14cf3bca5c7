"""What becomes of the memory that a training process frees: back to the system, or kept.

glibc returns the end of its heap whenever enough of it is free, and gets it back, page by page, a
moment later: a net of small activations spends a tenth of each step on that. Other systems' C
libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's parameters, in glibc's malloc.h
_LARGE_BYTES = 1 << 20
_LARGEST_BYTES = 1 << 25  # what glibc takes for the second, at most
_NEVER = (1 << 31) - 1


def keep_freed() -> None:
    """Have this process keep what it frees for its next step: its peak stays what it was."""
    _set(_MMAP_THRESHOLD, _LARGEST_BYTES)
    _set(_TRIM_THRESHOLD, _NEVER)


def free_at_once() -> None:
    """Have this process return freed memory of 1 MiB and more to the system.

    glibc raises that limit as it goes and then keeps the holes between tensors: training held
    three times what was alive, and no longer fitted. The price is time: pages come anew.
    """
    _set(_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Return what is free by now: what a process takes from here on is then seen to grow."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def _set(parameter: int, value: int) -> None:
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(parameter, value)
