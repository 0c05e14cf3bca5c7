"""A race as one file, for another computer: an SQLite file of the store's schema with it alone.

A file from elsewhere is not trusted: its tables must be exactly ours, every value is looked at
before it is taken over, and nothing is when one is wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.lab.race_file import attachments, judge, untrusted, untrusted_records
from resnet_viz.lab.race_file.attachments import Weights
from resnet_viz.lab.race_file.untrusted import ForeignRace, ForeignRun, foreign_spec
from resnet_viz.lab.race_file.untrusted_records import Portion
from resnet_viz.scheduler import retention
from resnet_viz.store import migrations, notes
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.queries import position_of
from resnet_viz.store.run import WATCHED, insert, new_id, race_columns
from resnet_viz.store.runs_table import OVER, first_of
from resnet_viz.text import shorten

_BROKEN_OFF = "Its import was broken off."
_UNDER_WAY = "It was under way when it was exported."
# A run that is exported alone becomes a race of one: what is noted of it is noted of that race.
_NOTES = """
INSERT INTO draft.notes SELECT iif(notes.id = :id, 'race', 'run ' || position), note
FROM main.notes LEFT JOIN main.runs USING (id) WHERE notes.id = :id OR race_id = :id
"""
# What says where and how it ran here; ids are the addresses of races.
_FORGET = f"""
UPDATE draft.runs SET id = 'run ' || position, race_id = 'race', seal = '', control = 'run',
    extra_steps = 0, heartbeat = 0, pid = NULL, pid_created = NULL,
    attempts = 0, looked = NULL, asker = '', sweep = '', key = '', pace = NULL,
    host = iif(host = '{WATCHED}', host, '')
"""


def export_race(store: Store, id: str, file: Path) -> None:
    """Write a race, or a single run as a race of one, to `file`; it may be under way.

    Raises:
        ValueError: for an unknown id, or a file that cannot be written.
        StoreError: where it does not take all of it, such as on a full disk.
    """
    with atomic_write(file) as made, store.session() as connection:
        query = "SELECT position, race_id, name, seed FROM runs WHERE id = ? OR race_id = ?"
        first_of(id, connection.execute(query, (id, id)).fetchall())
        try:
            with closing(sqlite3.connect(made, isolation_level=None)) as empty:
                migrations.migrate(empty)
            connection.execute("ATTACH ? AS draft", (str(made),))
            connection.execute("PRAGMA draft.journal_mode = OFF")
            # Else what is forgotten below would stay in the file's unused bytes.
            connection.execute("PRAGMA draft.secure_delete = ON")
            connection.execute("BEGIN")
            rows = connection.execute(query, (id, id)).fetchall()
            _copy(connection, rows, id)
            attachments.enclose(connection, store.home, [row["position"] for row in rows])
            connection.execute("COMMIT")
            connection.execute("DETACH draft")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"the file {shorten(str(file), 200)} cannot be written: {error}"
            ) from error


def _copy(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], id: str) -> None:
    positions = ", ".join(str(row["position"]) for row in rows)
    for table, key in (("runs", "position"), ("records", "run"), ("series", "run")):
        connection.execute(
            f"INSERT INTO draft.{table} SELECT * FROM main.{table} WHERE {key} IN ({positions})"
        )
    connection.execute(_NOTES, {"id": id})
    connection.execute(_FORGET)
    query = "SELECT position, spec FROM draft.runs WHERE spec LIKE '%folder:%'"
    for row in connection.execute(query).fetchall():
        change = "UPDATE draft.runs SET spec = ? WHERE position = ?"
        connection.execute(change, (foreign_spec(row["spec"]), row["position"]))
    names, seeds = [row["name"] for row in rows], [row["seed"] for row in rows]
    race = {**race_columns("race", names, seeds), "steering": "nobody"}
    for row in connection.execute("SELECT created, name FROM main.races WHERE id = ?", (id,)):
        race |= {"created": row["created"], "name": row["name"]}
    insert(connection, "draft.races", race)


def import_race(store: Store, file: Path) -> str:
    """Take over the race in `file`, which `export_race` wrote; its new id.

    What was under way is interrupted, and nobody can steer it.

    Raises:
        ValueError: for any other file, one that is damaged, larger than 2 GB, or of a newer
            version; the store is then as it was.
    """
    with judge.opened(file, store.home) as source:
        race = untrusted.read_race(source, file)
        retention.check_room(store, judge.size_of(source))
        taken = _Import(store, new_id(), {run.position: new_id() for run in race.runs})
        taken.begin(race)
        try:
            for run in race.runs:
                for portion in untrusted_records.portions(source, file, run):
                    taken.add(run, portion)
                if results := attachments.results(source, file, run):
                    taken.add(run, results)
                for weights in attachments.weights(source, file, run):
                    taken.keep(run, weights)
            taken.end(race)
        except BaseException:
            with suppress(ValueError, StoreError):
                retention.delete(store, taken.race_id)
            raise
    return taken.race_id


@dataclass(frozen=True)
class _Import:
    """A race on its way into the store: in portions, so that workers can write in between.

    Until its end it is listed as broken off, which it is if this process ends before.
    """

    store: Store
    race_id: str
    run_ids: Mapping[int, str]

    def begin(self, race: ForeignRace) -> None:
        names, seeds = [run.name for run in race.runs], [run.seed for run in race.runs]
        columns = race_columns(self.race_id, names, seeds)
        about = {"created": race.created, "name": race.name, "steering": "nobody"}
        with self.store.writing() as connection:
            insert(connection, "races", {**columns, **about})
            notes.add_note(connection, self.race_id, race.note)
            for run in race.runs:
                plain = run.model_dump(exclude={"position", "status", "message", "note"})
                own = {
                    "id": self.run_ids[run.position],
                    "race_id": self.race_id,
                    "heartbeat": run.created,
                }
                state = {"status": "interrupted", "message": _BROKEN_OFF}
                insert(connection, "runs", plain | own | state)
                notes.add_note(connection, self.run_ids[run.position], run.note)

    def add(self, run: ForeignRun, portion: Portion) -> None:
        with self.store.writing() as connection:
            query = "UPDATE runs SET bytes = bytes + ? WHERE id = ? RETURNING position"
            run_row = connection.execute(
                query, (portion.bytes, self.run_ids[run.position])
            ).fetchone()
            if run_row is None:
                raise ValueError("the race was deleted while it was imported")
            places = ", ".join("?" * (1 + len(portion.rows[0])))
            connection.executemany(
                f"INSERT INTO {portion.table} (run, {portion.columns}) VALUES ({places})",
                [(run_row["position"], *row) for row in portion.rows],
            )

    def keep(self, run: ForeignRun, weights: Weights) -> None:
        run_id = self.run_ids[run.position]
        with self.store.session() as connection:
            position = position_of(connection, run_id)
            attachments.keep(connection, self.store.home, run_id, position, weights)

    def end(self, race: ForeignRace) -> None:
        with self.store.writing() as connection:
            for run in race.runs:
                run_id = self.run_ids[run.position]
                is_over = run.status in OVER
                state = (run.status, run.message) if is_over else ("interrupted", _UNDER_WAY)
                connection.execute(
                    "UPDATE runs SET status = ?, message = ?, steps_done = "
                    "(SELECT count(*) FROM records WHERE run = position) WHERE id = ?",
                    (*state, run_id),
                )
