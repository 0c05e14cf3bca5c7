"""Queries for what the store holds of a run or race besides its row; each reads once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Series, StepRecord
from resnet_viz.store import header
from resnet_viz.store.database import StoreError
from resnet_viz.store.records.chunk_format import ForeignRecordError
from resnet_viz.store.records.chunks import Note, ignore, select_records, select_series
from resnet_viz.store.run import WATCHED, Run
from resnet_viz.store.runs_table import first_of
from resnet_viz.store.stored_spec import read_spec


def position_of(connection: sqlite3.Connection, run_id: str) -> int:
    """The position of a run in the store; ValueError for an unknown id."""
    query = "SELECT position FROM runs WHERE id = ?"
    return int(first_of(run_id, connection.execute(query, (run_id,)).fetchall())["position"])


def records(
    connection: sqlite3.Connection,
    run_id: str,
    between: tuple[int, int],
    quantities: Collection[str] | None = None,
    every: int = 1,
    *,
    note: Note = ignore,
) -> list[StepRecord]:
    """The records of a run from the first step to before the second, of these `quantities`, at the
    steps that are multiples of `every`.

    Raises:
        ValueError: for an unknown id.
        StoreError: where they are not those of the run's net.
    """
    query = "SELECT position, id, spec, header, host FROM runs WHERE id = ?"
    row = first_of(run_id, connection.execute(query, (run_id,)).fetchall())
    if row["host"] == WATCHED and not row["header"]:
        return []  # before its first step
    held = {} if quantities is not None and not quantities else _held(row)
    if quantities is not None:
        held = {name: held[name] for name in held if name in quantities}
    since, until = between
    try:
        position = row["position"]
        return select_records(connection, position, since, held, until, every=every, note=note)
    except ForeignRecordError as error:
        raise StoreError(str(error)) from error


def _held(row: sqlite3.Row) -> Mapping[str, Along]:
    """The quantities of a run by its row, each with the names along it."""
    layers = () if row["header"] else read_spec(row["id"], row["spec"]).layer_names
    return header.read(row["header"], layers)


def series(
    connection: sqlite3.Connection,
    run: Run,
    name: str,
    between: tuple[int, int],
    every: int,
    *,
    note: Note = ignore,
) -> Series:
    """A quantity of `run` at the steps between that are multiples of `every`.

    Raises:
        ValueError: for an unknown id.
        StoreError: where what is stored is not of the run's net.
    """
    of = name, len(run.quantities[name])
    try:
        return select_series(
            connection, position_of(connection, run.id), of, between, every, note=note
        )
    except ForeignRecordError as error:
        raise StoreError(str(error)) from error


def race_name(connection: sqlite3.Connection, race_id: str) -> str:
    """The name of a race; ValueError for an unknown id."""
    rows = connection.execute("SELECT name FROM races WHERE id = ?", (race_id,)).fetchall()
    return str(first_of(race_id, rows)["name"])


def nobody_steers(connection: sqlite3.Connection, race_id: str) -> bool:
    """Whether a race came from elsewhere, so that nobody may steer it."""
    query = "SELECT steering FROM races WHERE id = ?"
    row = connection.execute(query, (race_id,)).fetchone()
    return row is not None and row["steering"] == "nobody"


def race_names(connection: sqlite3.Connection) -> Mapping[str, str]:
    """The names of races, by their ids; without those that have none."""
    return _texts(connection, "SELECT id, name AS text FROM races WHERE name <> ''")


def datasets(connection: sqlite3.Connection) -> Mapping[str, str]:
    """The data set of each run, by its id; without those that nobody knows of."""
    return _texts(
        connection,
        "SELECT id, json_extract(spec, '$.dataset') AS text FROM runs "
        "WHERE sweep = '' AND json_valid(spec) AND text IS NOT NULL",
    )


def _texts(connection: sqlite3.Connection, query: str) -> Mapping[str, str]:
    return {row["id"]: str(row["text"]) for row in connection.execute(query)}
