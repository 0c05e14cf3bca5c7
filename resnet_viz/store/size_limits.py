"""Size limits in bytes, from the environment."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import ByteSize, Field, TypeAdapter

from resnet_viz.text import shorten

_SIZE: TypeAdapter[ByteSize] = TypeAdapter(Annotated[ByteSize, Field(lt=2**63)])


def size_in(variable: str) -> int | None:
    """The size in the environment's `variable`, such as "2 GB"; None if it is not set.

    Raises:
        ValueError: for what is no size.
    """
    given = os.environ.get(variable, "").strip()
    if not given:
        return None
    try:
        # Pydantic reads a number without a unit, too, and bits.
        return int(_SIZE.validate_python(given if given.upper().endswith("B") else None))
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{variable} = {shorten(given)} is not a size; allowed is a number with a unit "
            "(B, kB, MB, GB or TB), such as '2 GB', or nothing for no limit"
        ) from error
