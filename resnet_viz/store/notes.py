"""Names and notes that people give to runs and races."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from resnet_viz.store.runs_table import OF_ID, first_of
from resnet_viz.store.sweep_rows import is_sweep
from resnet_viz.text import shorten

MOST_CHARACTERS = 200
MOST_OF_A_NOTE = 2000


def rename(connection: sqlite3.Connection, id: str, name: str) -> None:
    """Rename a run or a race; the name under which a run trained stays in its spec.

    Raises:
        ValueError: for an unknown id, and for no name or one that is too long.
    """
    if not name.strip() or len(name) > MOST_CHARACTERS:
        raise ValueError(
            f"name = {shorten(name)} is not allowed; allowed are 1 to {MOST_CHARACTERS} characters"
        )
    _check_id(connection, id)
    for table in ("runs", "races", "sweeps"):
        connection.execute(f"UPDATE {table} SET name = ? WHERE id = ?", (name, id))
    connection.execute(
        "UPDATE races SET contestants = (SELECT json_group_array(name) FROM "
        "(SELECT CAST(name AS TEXT) AS name FROM runs WHERE race_id = races.id "
        "ORDER BY position)) "
        "WHERE id = (SELECT race_id FROM runs WHERE id = ?)",
        (id,),
    )


def write_note(connection: sqlite3.Connection, id: str, note: str) -> None:
    """Store `note` for a run or a race in place of the one before; "" for none.

    Raises:
        ValueError: for an unknown id, and for a note of more than 2,000 characters.
    """
    if len(note) > MOST_OF_A_NOTE:
        raise ValueError(
            f"note = {shorten(note)} has {len(note):,} characters; at most {MOST_OF_A_NOTE:,} are "
            "allowed"
        )
    _check_id(connection, id)
    connection.execute("DELETE FROM notes WHERE id = ?", (id,))
    add_note(connection, id, note)


def add_note(connection: sqlite3.Connection, id: str, note: str) -> None:
    """Store `note` for a run or a race that has none, within the caller's transaction."""
    if note.strip():
        connection.execute("INSERT INTO notes (id, note) VALUES (?, ?)", (id, note.strip()))


def _check_id(connection: sqlite3.Connection, id: str) -> None:
    if not is_sweep(connection, id):
        first_of(id, connection.execute(OF_ID, {"id": id}).fetchall())


def read_notes(connection: sqlite3.Connection) -> Mapping[str, str]:
    """All notes, by the id of their run or race."""
    rows = connection.execute("SELECT * FROM notes").fetchall()
    return {row["id"]: row["note"] for row in rows if isinstance(row["note"], str)}
