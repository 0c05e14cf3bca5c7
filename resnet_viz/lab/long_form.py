"""Records in long form, for files that other programs read: one row a value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from resnet_viz.quantities.layer_states import LAYER_STATE, WORDS, LayerState, words_of
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, StepRecord

COLUMNS = ("net", "step", "quantity", "of", "value", "note")
SCALARS = ("loss", "accuracy", "seconds")
MEASURED = WORDS[LayerState.MEASURED]
Row = tuple[str, int, str, str, float, str]


class Notes:
    """Says what a value is, in words, of one net's records in order: the meaning of a code, and why
    a layer's value is not there, or 0 where nothing was updated. Others need no words."""

    def __init__(self, states: Along | None) -> None:
        self._names = states.names if states else ()
        self._why: Mapping[str, str] = {}

    def read(self, record: StepRecord) -> None:
        """A record is next: the states of its layers hold from here on."""
        if LAYER_STATE in record.values:
            codes = record.values[LAYER_STATE]
            self._why = dict(zip(self._names, map(words_of, codes), strict=False))

    def of(self, quantity: str, values: Floats, names: Sequence[str]) -> list[str]:
        """A note for each value, "" for most."""
        if quantity == LAYER_STATE:
            return [words_of(value) for value in values]
        is_plain = np.isfinite(values) & (values != 0)
        if is_plain.all():
            return [""] * len(names)
        whys = (self._why.get(name, "") for name in names)
        pairs = zip(is_plain, whys, strict=True)
        return ["" if plain or why == MEASURED else why for plain, why in pairs]


def rows(
    net: str,
    record: StepRecord,
    header: Mapping[str, Along],
    scalars: Sequence[str] = SCALARS,
    notes: Notes | None = None,
) -> Iterator[Row]:
    """A row for each value of a record: of the net, or of a layer or block by its path.

    Of the quantities those that `header` has. `notes` are of the net's earlier records.
    """
    notes = notes or Notes(header.get(LAYER_STATE))
    notes.read(record)
    for name in scalars:
        yield net, record.step, name, "net", float(getattr(record, name)), ""
    for name, values in record.values.items():
        if name not in header:
            continue
        names = header[name].names
        words = notes.of(name, values, names)
        # By way of the text, so that a float32 has no more digits than it takes to read it back.
        for of, value, note in zip(names, values.astype(str).tolist(), words, strict=True):
            yield net, record.step, name, of, float(value), note


def csv_text(
    nets: Iterable[tuple[str, Iterable[StepRecord], Mapping[str, Along]]],
    scalars: Sequence[str] = SCALARS,
    states: Sequence[Along | None] = (),
) -> Iterator[str]:
    """CSV, a piece for each record: any number of them takes no more memory than one.

    A net is its name, its records and its header. Numbers read back exactly; nan and inf are
    written so. `states` is what each net's layer states are along, where its
    header leaves them out.
    """
    yield _lines([COLUMNS])
    for place, (net, records, header) in enumerate(nets):
        notes = Notes(states[place] if states else header.get(LAYER_STATE))
        for record in records:
            yield _lines(rows(net, record, header, scalars, notes))


def _lines(rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
