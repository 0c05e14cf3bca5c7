"""Migrations: the tables of the store, version by version, each in one transaction.

`PRAGMA user_version` says which have been done. A migration that has been released is never
changed: who wants other tables adds one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from resnet_viz.store.schema import statements

# Version 1 had one blob a step: three float32 values for each of L layers, norm after norm.
_OF_FIRST = ("grad_norm", "weight_norm", "update_ratio")


def _script(script: str, trigger: str = "") -> Callable[[sqlite3.Connection], None]:
    """A migration of these statements; a trigger is one statement with semicolons in it."""

    def migrate(connection: sqlite3.Connection) -> None:
        _run_all(connection, script)
        if trigger:
            connection.execute(trigger)

    return migrate


def _make_second(connection: sqlite3.Connection) -> None:
    _run_all(connection, statements.SECOND)
    for place, name in enumerate(_OF_FIRST):
        third = f"length(layers) / 12 * 4 * {place} + 1, length(layers) / 12 * 4"
        connection.execute(
            "INSERT INTO series (run, quantity, first, last, count, data) "
            f"SELECT run, '{name}', step, step, 1, substr(layers, {third}) "
            "FROM records WHERE length(layers) % 12 = 0"
        )
    # What is no such blob is kept whole, to be refused by whoever reads it.
    connection.execute(
        "INSERT INTO series (run, quantity, first, last, count, data) "
        "SELECT run, 'grad_norm', step, step, 1, layers FROM records WHERE length(layers) % 12 > 0"
    )
    connection.execute(
        "UPDATE runs SET bytes = coalesce("
        "(SELECT sum(length(layers) + 40) FROM records WHERE run = position), 0)"
    )
    connection.execute("ALTER TABLE records DROP COLUMN layers")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _script(statements.FIRST),
    _make_second,
    _script(statements.THIRD, trigger=statements.UNSEAL),
    _script(statements.FOURTH),
    _script(statements.FIFTH),
    _script(statements.SIXTH),
    _script(statements.SEVENTH),
    _script(statements.CHECKSUMS),
    _script(statements.STATES, trigger=statements.END_STATE),
    _script(statements.SWEEPS),
    _script(statements.CLASSES),
)
SCHEMA_VERSION = len(MIGRATIONS)


def version(connection: sqlite3.Connection) -> int:
    """The number of migrations that the file has had; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to `SCHEMA_VERSION`; several processes may try at once."""
    while version(connection) < SCHEMA_VERSION:
        with transaction(connection):
            if (done := version(connection)) < SCHEMA_VERSION:
                MIGRATIONS[done](connection)
                connection.execute(f"PRAGMA user_version = {done + 1}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK where it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run_all(connection: sqlite3.Connection, script: str) -> None:
    for statement in filter(str.strip, script.split(";")):
        connection.execute(statement)
