"""What is written in pieces comes back bit for bit, put together or not."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, StepRecord
from resnet_viz.store.database import Store
from resnet_viz.store.migrations import transaction
from resnet_viz.store.records import chunk_format, chunks
from resnet_viz.store.records.chunk_format import ForeignRecordError
from resnet_viz.store.records.chunks import insert_records, put_together, select_records

LAYERS, BLOCKS = 3, 2
HEADER: Mapping[str, Along] = {
    "grad_norm": Along("layer", ("a", "b", "c")),
    "branch_rms": Along("block", ("p", "q")),
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with Store(tmp_path).session() as one:
        yield one


def made(count: int, every: int = 5) -> list[StepRecord]:
    """Records with one quantity at every step, and one at each `every`-th; inf and NaN too."""
    random = np.random.default_rng(1)
    records = []
    for step in range(count):
        values = {"grad_norm": random.lognormal(size=LAYERS).astype(np.float32)}
        if step % 7 == 3:
            values["grad_norm"][:] = np.nan, np.inf, -0.0
        if step % every == 0:
            values["branch_rms"] = random.random(BLOCKS, dtype=np.float32)
        loss = np.nan if step % 11 == 0 else float(random.random())
        records.append(StepRecord(step, loss, float(random.random()), 0.1 * step, values))
    return records


def assert_same(found: Sequence[StepRecord], expected: Sequence[StepRecord]) -> None:
    assert [r.step for r in found] == [r.step for r in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(
            [one.loss, one.accuracy, one.seconds], [other.loss, other.accuracy, other.seconds]
        )
        assert set(one.values) == set(other.values)
        for name, values in other.values.items():
            assert one.values[name].tobytes() == values.tobytes()
            assert one.values[name].dtype == np.float32


def write(connection: sqlite3.Connection, position: int, records: list[StepRecord]) -> None:
    """As workers do."""
    with transaction(connection):
        insert_records(connection, position, records)
    put_together(connection, position, records)


def add_run(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(
        "INSERT INTO runs (id, name, spec, created, heartbeat, params) VALUES (?, '', '', 0, 0, 0)",
        (name,),
    )


@pytest.mark.parametrize("piece", [1, 3, 40, 700])
def test_any_pieces_come_back_bit_for_bit(connection: sqlite3.Connection, piece: int) -> None:
    records = made(700)
    add_run(connection, "a")
    for start in range(0, 700, piece):
        write(connection, 1, records[start : start + piece])
    insert_records(connection, 2, made(10))
    for since in (0, 1, 255, 256, 257, 511, 699, 700):
        assert_same(select_records(connection, 1, since, HEADER), records[since:])
    assert_same(select_records(connection, 2, 0, HEADER), made(10))


def test_what_is_old_is_in_few_chunks(connection: sqlite3.Connection) -> None:
    add_run(connection, "a")
    for record in made(1500, every=1):
        write(connection, 1, [record])
    counts = connection.execute(
        "SELECT count FROM series WHERE quantity = 'grad_norm' ORDER BY first"
    ).fetchall()
    whole = [row["count"] for row in counts if row["count"] > 1]
    assert whole == [chunks.CHUNK] * (1500 // chunks.CHUNK)
    assert len(counts) - len(whole) == 1500 % chunks.CHUNK


def test_what_a_killed_worker_left_in_pieces_is_put_together_later(
    connection: sqlite3.Connection,
) -> None:
    add_run(connection, "a")
    records = made(3 * chunks.CHUNK)
    for record in records[: chunks.CHUNK]:
        insert_records(connection, 1, [record])  # and then it is killed
    for record in records[chunks.CHUNK :]:
        write(connection, 1, [record])
    counts = connection.execute("SELECT count FROM series WHERE quantity = 'grad_norm'").fetchall()
    assert sorted(row["count"] for row in counts) == [chunks.CHUNK, 2 * chunks.CHUNK]
    assert_same(select_records(connection, 1, 0, HEADER), records)


def test_others_write_while_a_chunk_is_made_and_may_delete_the_run(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(connection, "a")
    for record in made(chunks.CHUNK):
        insert_records(connection, 1, [record])
    pack = chunk_format._pack

    def packing(steps: chunk_format.Steps, values: Floats) -> bytes:
        with Store(tmp_path).session() as other:
            other.execute("PRAGMA busy_timeout = 100")
            with transaction(other):
                other.execute("DELETE FROM series")
                other.execute("DELETE FROM runs")
        return pack(steps, values)

    monkeypatch.setattr(chunk_format, "_pack", packing)
    put_together(connection, 1, made(chunks.CHUNK))
    assert connection.execute("SELECT count(*) FROM series").fetchone()[0] == 0


@pytest.mark.usefixtures("connection")
def test_a_run_knows_its_bytes(connection: sqlite3.Connection) -> None:
    add_run(connection, "a")
    for record in made(600):
        write(connection, 1, [record])
    told = connection.execute("SELECT bytes FROM runs").fetchone()[0]
    true = connection.execute("SELECT sum(length(data)) FROM series").fetchone()[0]
    assert told == true + 600 * 40


def damaged(data: bytes, how: str) -> object:
    if how == "cut":
        return data[:-1]
    if how == "longer":
        return data + b"0000"
    return "text" if how == "text" else b"\x00" * len(data)


@pytest.mark.parametrize("count", [1, 300])
@pytest.mark.parametrize("how", ["cut", "longer", "text", "zeros"])
def test_another_length_is_refused_not_read_as_if_right(
    connection: sqlite3.Connection, count: int, how: str
) -> None:
    """Without a checksum, as earlier versions wrote it: with one it is noticed by that."""
    add_run(connection, "a")
    for record in made(count):
        write(connection, 1, [record])
    row = connection.execute("SELECT rowid, data FROM series WHERE quantity = 'grad_norm'")
    rowid, data = row.fetchone()
    if count == 1 and how == "zeros":
        pytest.skip("zeros are values")
    connection.execute(
        "UPDATE series SET data = ?, crc = NULL WHERE rowid = ?", (damaged(data, how), rowid)
    )
    with pytest.raises(ForeignRecordError, match=r"record of step 0 .* 3 values of grad_norm"):
        select_records(connection, 1, 0, HEADER)


def test_a_chunk_that_unpacks_to_much_more_is_refused(connection: sqlite3.Connection) -> None:
    import zlib

    insert_records(connection, 1, made(3))
    bomb = zlib.compress(bytes(50_000_000))
    connection.execute("UPDATE series SET data = ?, count = 2, crc = NULL", (bomb,))
    with pytest.raises(ForeignRecordError):
        select_records(connection, 1, 0, HEADER)


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with Store(tmp_path).writing() as connection:
            insert_records(connection, 1, made(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Store(tmp_path).session() as connection:
        assert select_records(connection, 1, 0, HEADER) == []


@pytest.mark.slow
def test_a_hundred_thousand_steps_of_56_layers_take_at_most_100_mb(tmp_path: Path) -> None:
    """Smooth, noisy series such as training gives; 3 quantities a step and 9 each tenth. A fifth is
    written: a chunk takes what the one before took."""
    random = np.random.default_rng(0)
    level = random.normal(size=(12, 56)).astype(np.float32)
    with Store(tmp_path).session() as connection:
        add_run(connection, "a")
        for start in range(0, 20_000, chunks.CHUNK):
            records = []
            for step in range(start, start + chunks.CHUNK):
                noise = np.exp(level + 0.1 * random.normal(size=level.shape)).astype(np.float32)
                taken = range(12) if step % 10 == 0 else range(3)
                values = {f"q{i}": noise[i] for i in taken}
                records.append(StepRecord(step, 1.0, 0.5, 0.1 * step, values))
            connection.execute("BEGIN IMMEDIATE")
            for record in records:
                insert_records(connection, 1, [record])
            connection.execute("COMMIT")
            put_together(connection, 1, records)
    assert 5 * Store(tmp_path).file.stat().st_size < 100e6
