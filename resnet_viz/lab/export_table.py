"""What a race measured as CSV or Parquet, in long form (lab/long_form.py): any number of steps.

Records are read some thousand at a time, and written before the next are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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


def nets_of(lab: Lab, id: str, quantities: Collection[str]) -> Sequence[Net]:
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
    has_seeds = len({run.seed for run in runs}) > 1
    names = distinct(f"{run.name}, seed {run.seed}" if has_seeds else run.name for run in runs)
    return [
        Net(
            lab,
            run,
            name,
            {name: along for name, along in run.quantities.items() if name in chosen},
            [name for name in SCALARS if name in chosen],
        )
        for run, name in zip(runs, names, strict=True)
    ]


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
                if parts := list(_tables(net, window, notes, schema)):
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


def _tables(
    net: Net, window: Sequence[StepRecord], notes: Notes, schema: pyarrow.Schema
) -> Iterator[pyarrow.Table]:
    """A table for each quantity of some steps."""
    import pyarrow as pa  # noqa: PLC0415

    def table(
        quantity: str,
        names: Sequence[str],
        records: Sequence[StepRecord],
        values: Sequence[object],
        words: Sequence[str],
    ) -> pyarrow.Table:
        steps = np.array([record.step for record in records], np.int64)
        whole = np.array(values, np.float64)
        of = np.tile(np.arange(len(names)), len(steps))
        columns = [
            pa.repeat(pa.scalar(net.name, pa.string()), whole.size),
            pa.array(np.repeat(steps, len(names))),
            pa.repeat(pa.scalar(quantity, pa.string()), whole.size),
            pa.array(list(names), pa.string()).take(pa.array(of)),
            pa.array(whole.ravel()),
            pa.array(words, pa.string()),
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    words: dict[str, list[str]] = {name: [] for name in net.header}
    for record in window:
        notes.read(record)
        for name in record.values.keys() & words.keys():
            words[name] += notes.of(name, record.values[name], net.header[name].names)
    for name in net.scalars:
        values = [getattr(record, name) for record in window]
        yield table(name, ("net",), window, values, [""] * len(window))
    for name, along in net.header.items():
        if records := [record for record in window if name in record.values]:
            yield table(name, along.names, records, [r.values[name] for r in records], words[name])
