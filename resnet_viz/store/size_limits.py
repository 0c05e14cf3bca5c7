"""Sizes in bytes: said for people, and read from the environment."""

from __future__ import annotations

import os
import re

from resnet_viz.text import shorten

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?) *([KMGT]?)B", re.IGNORECASE)


def size_in(variable: str) -> int | None:
    """What the environment's `variable` says, such as "2 GB"; None where it is not set.

    Raises:
        ValueError: for what is no size.
    """
    given = os.environ.get(variable, "").strip()
    if not given:
        return None
    if not (found := _SIZE.fullmatch(given)):
        raise ValueError(
            f"{variable} = {shorten(given)} is not a size; allowed is a number with a unit "
            "(B, kB, MB, GB or TB), such as '2 GB', or nothing for no limit"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])
