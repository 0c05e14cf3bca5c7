"""What a race measured as CSV or Parquet, in long form (lab/long_form.py): any number of steps.

Records are read some thousand at a time, and written before the next are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.long_form import COLUMNS, SCALARS, Notes, csv_text
from resnet_viz.quantities.layer_states import LAYER_STATE
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.store.run import Run
from resnet_viz.text import distinct, shorten, unknown_name

if TYPE_CHECKING:
    import pyarrow

WINDOW_VALUES = 400_000
_MOST_STEPS = 4_096


@dataclass(frozen=True)
class Net:
    """A run whose records are written: under which name, and which of its quantities."""

    lab: Lab
    run: Run
    name: str
    header: Mapping[str, Along]
    scalars: Sequence[str]

    @property
    def states(self) -> Along | None:
        """What the states of its layers are along, chosen or not: they explain the others."""
        return self.run.quantities.get(LAYER_STATE)

    def windows(self) -> Iterator[Sequence[StepRecord]]:
        """Its records, in order, as many at once as memory does not feel: with the layers' states,
        whatever is chosen."""
        read = {**self.header, **({LAYER_STATE: self.states} if self.states else {})}
        each = len(SCALARS) + sum(map(len, self.header.values()))
        width = max(1, min(_MOST_STEPS, WINDOW_VALUES // each))
        since = 0
        while records := self.lab.records(self.run.id, since, since + width, read):
            yield records
            since += width

    def records(self) -> Iterator[StepRecord]:
        """Its records, one by one."""
        for window in self.windows():
            yield from window


def nets_of(lab: Lab, id: str, quantities: Collection[str]) -> Sequence[Net]:  # noqa: A002
    """The nets of a race, or the one of a run, as `nets_among` has them.

    Raises:
        ValueError: for an unknown id, and a quantity that none of them has.
    """
    runs = (
        lab.race_runs(id) if any(run.race_id == id for run in lab.everything()) else [lab.get(id)]
    )
    return nets_among(lab, runs, quantities)


def nets_among(lab: Lab, runs: Sequence[Run], quantities: Collection[str]) -> Sequence[Net]:
    """These runs with these quantities; none given: with all.

    Nets of one name are told apart by their seeds, or numbered.

    Raises:
        ValueError: for a quantity that none of them has.
    """
    known = dict.fromkeys([*SCALARS, *(name for run in runs for name in run.quantities)])
    for name in quantities:
        if name not in known:
            raise ValueError(unknown_name("quantity", name, tuple(known)))
    chosen = quantities or known
    return [
        Net(
            lab,
            run,
            name,
            {name: along for name, along in run.quantities.items() if name in chosen},
            [name for name in SCALARS if name in chosen],
        )
        for run, name in zip(runs, _names(runs), strict=True)
    ]


def _names(runs: Sequence[Run]) -> Sequence[str]:
    has_seeds = len({run.seed for run in runs}) > 1
    return distinct(f"{run.name}, seed {run.seed}" if has_seeds else run.name for run in runs)


def write_csv(nets: Sequence[Net], file: Path) -> None:
    """One row a value; numbers read back exactly."""
    each = ((net.name, net.records(), net.header) for net in nets)
    pieces = csv_text(each, nets[0].scalars, [net.states for net in nets])
    with atomic_write(file) as made, made.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(pieces)


def write_parquet(nets: Sequence[Net], file: Path) -> None:
    """One row a value, as float64 (a float32 keeps its value), in groups of some thousand steps."""
    import pyarrow as pa  # noqa: PLC0415  nothing else needs it
    from pyarrow import parquet  # noqa: PLC0415

    kinds = (pa.string(), pa.int64(), pa.string(), pa.string(), pa.float64(), pa.string())
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    with atomic_write(file) as made, parquet.ParquetWriter(made, schema) as writer:
        for net in nets:
            notes = Notes(net.states)
            for window in net.windows():
                taken = _taken(net, window, notes)
                if parts := [_table(net.name, one, schema) for one in taken]:
                    table = pa.concat_tables(parts)
                    writer.write_table(table, row_group_size=max(1, len(table)))


WRITERS: Mapping[str, Callable[[Sequence[Net], Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
}
"""By a file's ending."""


def write_table(nets: Sequence[Net], file: Path) -> None:
    """CSV or Parquet, as the file's ending says.

    Raises:
        ValueError: for another ending, or a file that cannot be written.
    """
    if file.suffix.lower() not in WRITERS:
        allowed = " or ".join(WRITERS)
        raise ValueError(f"{shorten(file.name)} has another ending than {allowed}")
    WRITERS[file.suffix.lower()](nets, file)


class _Taken(NamedTuple):
    """A quantity in a window: the names along it [n], its steps [T], values [T, n] and notes."""

    quantity: str
    names: Sequence[str]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    notes: Sequence[str]


def _taken(net: Net, window: Sequence[StepRecord], notes: Notes) -> Iterator[_Taken]:
    said: dict[str, list[str]] = {name: [] for name in net.header}
    for record in window:
        notes.read(record)
        for name in record.values.keys() & said.keys():
            said[name] += notes.of(name, record.values[name], net.header[name].names)
    for name in net.scalars:
        steps = np.array([record.step for record in window], np.int64)
        values = np.array([[getattr(record, name)] for record in window], np.float64)
        yield _Taken(name, ("net",), steps, values, [""] * len(steps))
    for name, along in net.header.items():
        records = [record for record in window if name in record.values]
        if records:
            steps = np.array([record.step for record in records], np.int64)
            stacked = np.stack([record.values[name] for record in records])
            yield _Taken(name, along.names, steps, stacked.astype(np.float64), said[name])


def _table(net: str, taken: _Taken, schema: pyarrow.Schema) -> pyarrow.Table:
    import pyarrow as pa  # noqa: PLC0415

    count = taken.values.size
    of = np.tile(np.arange(len(taken.names)), len(taken.steps))
    columns = [
        pa.repeat(pa.scalar(net, pa.string()), count),
        pa.array(np.repeat(taken.steps, len(taken.names))),
        pa.repeat(pa.scalar(taken.quantity, pa.string()), count),
        pa.array(list(taken.names), pa.string()).take(pa.array(of)),
        pa.array(taken.values.ravel()),
        pa.array(taken.notes, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
