"""What the store takes on disk, and how it is made smaller: by hand, or past RESNET_VIZ_LIMIT."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.store import checkpoint_index, paths, saved_states, sweep_rows
from resnet_viz.store.database import FILE_NAME, Store
from resnet_viz.store.runs_table import ACTIVE, IS_OVER, OF_ID, OF_SWEEP, first_of
from resnet_viz.store.size_limits import size_in
from resnet_viz.text import byte_size, shorten

LIMIT_VARIABLE = "RESNET_VIZ_LIMIT"
_PAGES_AT_ONCE = 4096  # others may write between two portions of 16 MB
_MOST_NAMED = 3
_ID = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Gone:
    """A run, or race, that was deleted: its nets' names and its runs' ids."""

    names: tuple[str, ...]
    ids: tuple[str, ...]


def folder_bytes(home: Path) -> int:
    """What the store's files, weights, states, jobs and logs take; data sets may be there, too."""
    files = (*home.glob(f"{FILE_NAME}*"), *checkpoint_index.files(home), *_logs(home))
    files = (*files, *saved_states.folder(home).glob("*"), *home.glob("jobs/*/*"))
    return sum(map(paths.size_of, files))


def delete(store: Store, id: str) -> None:
    """Delete a run, a race or a sweep with what it measured, and give the space back.

    Raises:
        ValueError: for an unknown id, and for what is under way.
    """
    with store.writing() as connection:
        query = "SELECT * FROM sweeps WHERE id = ?"
        sweep = connection.execute(query, (id,)).fetchone()
        if sweep is None:
            first_of(id, connection.execute(OF_ID, {"id": id}).fetchall())
        snapshot = Snapshot.take(connection, f"id = ? OR race_id = ? OR {OF_SWEEP}", id, id, id)
        if snapshot.active or (sweep is not None and sweep["status"] == "running"):
            is_run = sweep is None and snapshot.active[0]["id"] == id
            kind = "sweep" if sweep is not None else "run" if is_run else "race"
            raise ValueError(f"the {kind} {shorten(id)} is under way; stop it before it is deleted")
        gone = _delete(connection, id) if sweep is None else _delete_sweep(connection, sweep)
    give_back(store, [gone])


def log_sizes(home: Path) -> Mapping[str, int]:
    """What each run's log takes, by its id, where a limit makes that matter."""
    logs = () if size_in(LIMIT_VARIABLE) is None else _logs(home)
    return {log.stem: paths.size_of(log) for log in logs}


def make_room(
    connection: sqlite3.Connection, logs: Mapping[str, int]
) -> tuple[Sequence[Gone], str | None]:
    """Delete the oldest runs and races that are over until the store is within the limit.

    What was deleted, and a sentence on it or on what could not be. Within the caller's
    transaction, before which the `logs` were measured; `give_back` is for after it.

    Raises:
        ValueError: for a limit that is no size.
    """
    limit = size_in(LIMIT_VARIABLE)
    if limit is None:
        return (), None
    gone: list[Gone] = []
    used = _used_bytes(connection, logs, gone)
    oldest = _oldest(connection)
    while used > limit and (id := next(oldest, None)):
        gone.append(_delete(connection, id))
        used = _used_bytes(connection, logs, gone)
    return gone, _notice(gone, used if used > limit else None)


def check_room(store: Store, more: int) -> None:
    """ValueError unless the limit leaves room for so many bytes more; nothing is deleted for them.

    Who brings in a race decides what has to go: what is deleted cannot be brought back.
    """
    limit = size_in(LIMIT_VARIABLE)
    if limit is None:
        return
    with store.session() as connection:
        left = max(0, limit - _used_bytes(connection, log_sizes(store.home), ()))
    if more > left:
        raise ValueError(
            f"the race takes {byte_size(more)}, and {LIMIT_VARIABLE} = "
            f"{os.environ[LIMIT_VARIABLE].strip()} leaves {byte_size(left)}; delete runs that you "
            "no longer need, or raise the limit"
        )


def _notice(gone: Sequence[Gone], too_much: int | None) -> str | None:
    allowed = f"{LIMIT_VARIABLE} = {os.environ[LIMIT_VARIABLE].strip()} allows"
    left = f"the runs take {byte_size(too_much)}, more than {allowed}" if too_much else ""
    if not gone:
        return f"{left}, and none that is over is left to delete" if left else None
    named = "; ".join(" against ".join(one.names) for one in gone[:_MOST_NAMED])
    more = f"; and {len(gone) - _MOST_NAMED} more" if len(gone) > _MOST_NAMED else ""
    still = f" (what is left takes {byte_size(too_much)})" if too_much else ""
    return f"the runs took more than {allowed}{still}; the oldest were deleted: {named}{more}"


def give_back(store: Store, gone: Sequence[Gone]) -> None:
    """Make the file as small as it can be, and delete logs and weights of what is `gone`.

    What does not work now, since others use the file, is made up for the next time.
    """
    for one in gone:
        for run_id in one.ids:
            with suppress(OSError):
                paths.log_file(store.home, run_id).unlink(missing_ok=True)
            shutil.rmtree(checkpoint_index.folder_of(store.home, run_id), ignore_errors=True)
            with suppress(OSError):
                saved_states.file_of(store.home, run_id).unlink(missing_ok=True)
    with store.session() as connection, suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA busy_timeout = 1000")
        if _pragma(connection, "auto_vacuum") == 2:
            _free_pages(connection)
        elif not connection.execute(f"SELECT 1 FROM runs WHERE {ACTIVE} LIMIT 1").fetchone():
            # A file of version 1: as long as this takes, no worker could write.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _free_pages(connection: sqlite3.Connection) -> None:
    while free := _pragma(connection, "freelist_count"):
        connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
        if _pragma(connection, "freelist_count") >= free:
            return


def _oldest(connection: sqlite3.Connection) -> Iterator[str]:
    """The ids of races, and of runs without one, of which nothing is under way, by age; first
    those of sweeps, whose end values stay."""
    query = (
        "SELECT coalesce(race_id, id) AS whole FROM runs GROUP BY whole "
        f"HAVING sum(NOT {IS_OVER}) = 0 ORDER BY max(sweep) = '', min(position)"
    )
    return iter([row["whole"] for row in connection.execute(query).fetchall()])


def _delete_sweep(connection: sqlite3.Connection, sweep: sqlite3.Row) -> Gone:
    """Delete the row of a sweep, its cells and its runs, but for runs that another sweep has, too:
    those are that sweep's from now on. Within the caller's transaction."""
    cells, of_other = (
        "DELETE FROM sweep_cells WHERE sweep = ?",
        (
            "SELECT sweeps.id FROM sweep_cells JOIN sweeps ON sweeps.position = sweep_cells.sweep "
            "WHERE run = runs.id LIMIT 1"
        ),
    )
    connection.execute(cells, (sweep["position"],))
    connection.execute("DELETE FROM sweeps WHERE position = ?", (sweep["position"],))
    connection.execute(
        f"UPDATE runs SET sweep = coalesce(({of_other}), sweep) WHERE sweep = ?", (sweep["id"],)
    )
    query = "SELECT position, id, name, race_id FROM runs WHERE sweep = ?"
    return _delete_rows(connection, connection.execute(query, (sweep["id"],)).fetchall())


def drop_unused(connection: sqlite3.Connection, sweep_id: str, run_id: str) -> Gone:
    """Delete a run of a sweep that none of its cells has any more, within the caller's
    transaction."""
    query = (
        "SELECT position, id, name, race_id FROM runs WHERE id = ? AND sweep = ? "
        "AND NOT EXISTS (SELECT 1 FROM sweep_cells WHERE run = runs.id)"
    )
    return _delete_rows(connection, connection.execute(query, (run_id, sweep_id)).fetchall())


def _delete(connection: sqlite3.Connection, id: str) -> Gone:
    rows = connection.execute(OF_ID, {"id": id}).fetchall()
    sweep_rows.keep_ends(connection, [row["id"] for row in rows])
    return _delete_rows(connection, rows)


def _delete_rows(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> Gone:
    for row in rows:
        for table in ("records", "series", "checkpoints", "measured", "states"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (row["position"],))
        connection.execute("DELETE FROM runs WHERE position = ?", (row["position"],))
    left = "SELECT 1 FROM runs WHERE race_id = races.id"
    for race_id in {row["race_id"] for row in rows}:
        query = f"DELETE FROM races WHERE id = ? AND NOT EXISTS ({left})"
        connection.execute(query, (race_id,))
    connection.execute(
        "DELETE FROM notes WHERE id NOT IN (SELECT id FROM runs) "
        "AND id NOT IN (SELECT id FROM races) AND id NOT IN (SELECT id FROM sweeps)"
    )
    names = tuple(dict.fromkeys(str(row["name"]) for row in rows))
    # By these logs and weights are deleted: a damaged one may name any folder.
    ids = (row["id"] for row in rows if isinstance(row["id"], str))
    return Gone(names, tuple(run_id for run_id in ids if _ID.fullmatch(run_id)))


def _used_bytes(
    connection: sqlite3.Connection, logs: Mapping[str, int], gone: Sequence[Gone]
) -> int:
    """What is in use of the file (the rest can be given back), and weights, states and logs of what
    is not gone."""
    pages = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
    ids = {run_id for one in gone for run_id in one.ids}
    own = sum(size for run_id, size in logs.items() if run_id not in ids)
    files = sum(
        int(connection.execute(f"SELECT coalesce(sum(bytes), 0) FROM {table}").fetchone()[0])
        for table in ("checkpoints", "states")
    )
    return pages * _pragma(connection, "page_size") + own + files


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _logs(home: Path) -> Iterator[Path]:
    return (home / "logs").glob("*.log")
