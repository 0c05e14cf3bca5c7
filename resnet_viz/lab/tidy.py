"""Records in long form, for files that other programs read: one row a value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.records import StepRecord

COLUMNS = ("net", "step", "quantity", "of", "value")
SCALARS = ("loss", "accuracy", "seconds")
Row = tuple[str, int, str, str, float]


def rows(
    net: str, record: StepRecord, header: Mapping[str, Along], scalars: Sequence[str] = SCALARS
) -> Iterator[Row]:
    """A row for each value of a record: of the net, or of a layer or block by its path.

    Of the quantities those that `header` has.
    """
    for name in scalars:
        yield net, record.step, name, "net", float(getattr(record, name))
    for name, values in record.values.items():
        if name not in header:
            continue
        # By way of the text, so that a float32 has no more digits than it takes to read it back.
        for of, value in zip(header[name].names, values.astype(str).tolist(), strict=True):
            yield net, record.step, name, of, float(value)


def csv_text(
    nets: Iterable[tuple[str, Iterable[StepRecord], Mapping[str, Along]]],
    scalars: Sequence[str] = SCALARS,
) -> Iterator[str]:
    """CSV, a piece for each record: any number of them takes no more memory than one.

    A net is its name, its records and its header. Numbers read back exactly; nan and inf are
    written so.
    """
    yield _lines([COLUMNS])
    for net, records, header in nets:
        for record in records:
            yield _lines(rows(net, record, header, scalars))


def _lines(rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
