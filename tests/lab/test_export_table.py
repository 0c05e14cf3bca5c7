"""What was measured, as CSV, Parquet and TensorBoard's files."""

from __future__ import annotations

import csv
import gc
import sys
import tracemalloc
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest
from pyarrow import parquet

from resnet_viz.lab import export_table
from resnet_viz.lab.export_table import nets_of, write_csv, write_parquet, write_table
from resnet_viz.lab.export_tensorboard import write_events
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.long_form import COLUMNS
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from tests.labs import tiny_spec


def measured(step: int) -> StepRecord:
    """Two quantities each step, and one of the net each third, with what is not finite."""
    random = np.random.default_rng(step)
    values = {name: random.random(6, np.float32) for name in ("grad_norm", "weight_norm")}
    if step % 3 == 0:
        values["grad_total_norm"] = np.array([np.inf if step else np.nan], np.float32)
    return StepRecord(step, random.random(), np.nan, 0.5 * step, values)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return Lab(tmp_path / "home")


def race(lab: Lab, steps: int, names: Sequence[str] = ("a", "b"), seeds: Sequence[int] = ()) -> str:
    seeds = seeds or [0] * len(names)
    each = zip(names, seeds, strict=True)
    race_id = lab.race([tiny_spec(name=name, seed=seed) for name, seed in each])
    with Store(lab.home).writing() as connection:
        for (position,) in connection.execute("SELECT position FROM runs").fetchall():
            for begin in range(0, steps, 100):
                end = min(begin + 100, steps)
                insert_records(connection, position, [measured(s) for s in range(begin, end)])
    return race_id


Row = tuple[str, int, str, str, np.float32]


def expected(steps: int, names: Sequence[str], layers: Sequence[str]) -> set[tuple[str, ...]]:
    """The rows by another way, as text: values as float32, so that NaN is equal to NaN."""
    rows = set()
    for net in names:
        for step in range(steps):
            record = measured(step)
            for name in ("loss", "accuracy", "seconds"):
                rows.add((net, str(step), name, "net", str(np.float32(getattr(record, name)))))
            for name, values in record.values.items():
                along = layers if len(values) > 1 else ("net",)
                for of, value in zip(along, values, strict=True):
                    rows.add((net, str(step), name, of, str(value)))
    return rows


def as_text(row: Sequence[object]) -> tuple[str, ...]:
    net, step, quantity, of, value, note = row
    assert note == ""
    return str(net), str(step), str(quantity), str(of), str(np.float32(value))  # type: ignore[arg-type]


def read_csv(file: Path) -> list[tuple[str, ...]]:
    with file.open(newline="") as stream:
        heading, *rows = csv.reader(stream)
    assert tuple(heading) == COLUMNS
    return [as_text(row) for row in rows]


def read_parquet(file: Path) -> list[tuple[str, ...]]:
    table = parquet.read_table(file)
    assert tuple(table.column_names) == COLUMNS
    return [as_text([row[column] for column in COLUMNS]) for row in table.to_pylist()]


READERS = {".csv": read_csv, ".parquet": read_parquet}


@pytest.mark.parametrize("ending", READERS)
def test_every_value_is_there_once(
    lab: Lab, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_table, "WINDOW_VALUES", 40 * 20)
    race_id = race(lab, 250, ('a "quoted", <b>', "b"))
    file = tmp_path / f"out{ending}"
    write_table(nets_of(lab, race_id, ()), file)
    rows = READERS[ending](file)
    layers = lab.list()[0].layer_names
    assert len(rows) == len(set(rows)) == 2 * (250 * (3 + 2 * 6) + 84)
    assert set(rows) == expected(250, ('a "quoted", <b>', "b"), layers)
    if ending == ".parquet":
        assert parquet.ParquetFile(file).num_row_groups > 2
        value = parquet.read_table(file)["value"][0].as_py()
        assert value == measured(0).loss, "float64 is kept"


@pytest.mark.parametrize("ending", READERS)
def test_only_the_quantities_asked_for(lab: Lab, tmp_path: Path, ending: str) -> None:
    race_id, file = race(lab, 7), tmp_path / f"out{ending}"
    write_table(nets_of(lab, race_id, ("grad_total_norm", "loss")), file)
    rows = READERS[ending](file)
    assert {row[2] for row in rows} == {"loss", "grad_total_norm"}
    assert len(rows) == 2 * (7 + 3)
    write_table(nets_of(lab, lab.list()[0].id, ("grad_norm",)), file)
    rows = READERS[ending](file)
    assert {row[0] for row in rows} == {"b"}
    assert len(rows) == 7 * 6


def test_no_other_quantities_are_read(lab: Lab, tmp_path: Path) -> None:
    race_id, file = race(lab, 7), tmp_path / "out.csv"
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE series SET data = x'00' WHERE quantity <> 'grad_norm'")
    write_table(nets_of(lab, race_id, ("grad_norm",)), file)
    assert len(READERS[".csv"](file)) == 2 * 7 * 6
    assert not lab.notice
    write_table(nets_of(lab, race_id, ()), file)
    assert "is left out: grad_total_norm" in lab.notice, "they were read now"


def test_nets_are_told_apart(lab: Lab) -> None:
    race_id = race(lab, 1, ("a", "b", "a"))
    assert [net.name for net in nets_of(lab, race_id, ())] == ["a", "b", "a (2)"]
    race_id = race(lab, 0, ("a", "a"), (0, 1))
    assert [net.name for net in nets_of(lab, race_id, ())] == ["a, seed 0", "a, seed 1"]


@pytest.mark.parametrize("ending", READERS)
def test_a_run_without_records_is_a_table_without_rows(
    lab: Lab, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"out{ending}"
    write_table(nets_of(lab, race(lab, 0), ()), file)
    assert READERS[ending](file) == []


def test_what_cannot_be_is_refused(lab: Lab, tmp_path: Path) -> None:
    race_id = race(lab, 2)
    with pytest.raises(ValueError, match=r"unknown quantity 'gradnorm'; did you mean 'grad_norm'"):
        nets_of(lab, race_id, ("gradnorm",))
    with pytest.raises(ValueError, match="no run or race with the id"):
        nets_of(lab, "nothing", ())
    nets = nets_of(lab, race_id, ())
    with pytest.raises(ValueError, match=r"'out\.xlsx' has another ending than \.csv or \.parquet"):
        write_table(nets, tmp_path / "out.xlsx")
    for write in (write_csv, write_parquet):
        with pytest.raises(ValueError, match="cannot write"):
            write(nets, tmp_path / "no" / "out")
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE series SET data = x'00', crc = NULL")  # as old ones have none
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(RuntimeError, match="not one of this run's net"):
        write_table(nets, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out.csv"]


@pytest.mark.flaky(reruns=1, reason="bytes: what a process takes")
@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_four_times_as_many_steps_take_no_more_memory(
    lab: Lab, tmp_path: Path, write: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_table, "WINDOW_VALUES", 100 * 15)
    write_parquet(nets_of(lab, race(lab, 100, ("warm",)), ()), tmp_path / "warm")
    peaks = []
    for steps in (1000, 4000):
        with Store(lab.home).writing() as connection:
            connection.execute("DELETE FROM runs")
        nets = nets_of(lab, race(lab, steps, (f"net {steps}",)), ())
        gc.collect()
        tracemalloc.start()
        write(nets, tmp_path / "out")  # type: ignore[operator]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0] < 4e6, "held at once, it would be four times as much"


class Writer(AbstractContextManager["Writer"]):
    """In place of TensorBoard's: what it was told, by folder."""

    told: ClassVar[dict[str, list[tuple[str, float, int, float]]]] = {}

    def __init__(self, folder: str) -> None:
        self.mine = Writer.told.setdefault(Path(folder).name, [])

    def __exit__(self, *_: object) -> None:
        pass

    def add_scalar(self, tag: str, value: float, step: int, walltime: float) -> None:
        self.mine.append((tag, float(value), step, walltime))


@pytest.fixture
def tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Writer, "told", {})


@pytest.mark.usefixtures("tensorboard")
def test_tensorboard_gets_each_value_under_its_step(lab: Lab, tmp_path: Path) -> None:
    race_id = race(lab, 4, ("../../a/b: <c>", "b"))
    folder = tmp_path / "board"
    write_events(nets_of(lab, race_id, ("loss", "grad_norm", "grad_total_norm")), folder)
    names = ["1 .._.._a_b_ _c_", "2 b"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(Writer.told) == names
    layers = lab.list()[0].layer_names
    tags = {"loss", "grad_total_norm", *(f"grad_norm/{layer}" for layer in layers)}
    for told in Writer.told.values():
        assert {tag for tag, *_ in told} == tags
        assert len(told) == 4 * (1 + 6) + 2
        losses = [(value, step) for tag, value, step, _ in told if tag == "loss"]
        assert losses == [(measured(step).loss, step) for step in range(4)]
        last = [value for tag, value, step, _ in told if tag == f"grad_norm/{layers[-1]}"]
        assert last == [float(measured(step).grad_norm[-1]) for step in range(4)]
    with pytest.raises(ValueError, match="is there already; choose another folder"):
        write_events(nets_of(lab, race_id, ()), folder)
    with pytest.raises(ValueError, match="cannot write"):
        write_events(nets_of(lab, race_id, ()), Path("/dev/null/board"))


def test_without_tensorboard_one_sentence_says_so(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ValueError, match="need the package tensorboard, which is not installed"):
        write_events(nets_of(lab, race(lab, 1), ()), tmp_path / "board")
    assert not (tmp_path / "board").exists()
