import csv
import io

import numpy as np

from resnet_viz.lab.long_form import COLUMNS, csv_text
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord

HEADER = {
    "grad_norm": Along("layer", ("stem.conv", "head.linear")),
    "ratio": Along("net", ("net",)),
}


def records() -> list[StepRecord]:
    random = np.random.default_rng(0)
    made = []
    for step in range(5):
        values = {"grad_norm": random.random(2, dtype=np.float32) / 3}
        if step % 2 == 0:
            values["ratio"] = np.array([np.nan if step else np.inf], np.float32)
        made.append(StepRecord(step, random.random(), random.random(), 0.1 * step, values))
    return made


def test_every_value_reads_back_exactly() -> None:
    text = "".join(csv_text([('a, "b"', records(), HEADER), ("other", records()[:1], HEADER)]))
    rows = list(csv.DictReader(io.StringIO(text)))
    own = [row for row in rows if row["net"] == 'a, "b"']
    assert len(own) == 5 * (3 + 2) + 3
    assert len(rows) - len(own) == 6
    for record in records():
        here = [row for row in own if row["step"] == str(record.step)]
        found = {row["quantity"]: float(row["value"]) for row in here if row["of"] == "net"}
        assert (found["loss"], found["accuracy"]) == (record.loss, record.accuracy)
        norms = [row for row in here if row["quantity"] == "grad_norm"]
        assert [row["of"] for row in norms] == ["stem.conv", "head.linear"]
        read = np.array([row["value"] for row in norms], np.float32)
        np.testing.assert_array_equal(read, record.grad_norm)
        assert ("ratio" in found) == (record.step % 2 == 0)
    assert [row["value"] for row in own if row["quantity"] == "ratio"] == ["inf", "nan", "nan"]


def test_it_comes_a_record_at_a_time() -> None:
    pieces = csv_text([("net", iter(records()), HEADER)])
    assert next(pieces) == ",".join(COLUMNS) + "\n"
    assert next(pieces).count("\n") == 6


def test_a_history_gives_its_records_back() -> None:
    for one, other in zip(records(), History(records()).records(), strict=True):
        assert (one.step, one.loss, one.accuracy, one.seconds) == (
            other.step,
            other.loss,
            other.accuracy,
            other.seconds,
        )
        assert list(one.values) == list(other.values)
        for name, values in one.values.items():
            np.testing.assert_array_equal(values, other.values[name])
