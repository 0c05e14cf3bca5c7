"""A sweep's table as CSV and Parquet, and a sweep as one file to take along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.store.atomic_file import atomic_write

if TYPE_CHECKING:
    from pandas import DataFrame


def write_csv(table: DataFrame, file: Path) -> None:
    """One row per cell; numbers read back exactly."""
    with atomic_write(file) as made:
        table.to_csv(made, index=False, lineterminator="\n")


def write_parquet(table: DataFrame, file: Path) -> None:
    """One row per cell. An axis whose values are of several types becomes one of texts."""
    mixed = [name for name in table if table[name].dtype == object]
    texts = {name: table[name].map(lambda v: None if v is None else str(v)) for name in mixed}
    with atomic_write(file) as made:
        table.assign(**texts).to_parquet(made, index=False)


WRITERS: Mapping[str, Callable[[DataFrame, Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
}
"""By a file's ending."""
