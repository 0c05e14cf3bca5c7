"""A race's file from elsewhere, read value by value: nothing in it is taken as it comes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from resnet_viz.arch.config import explain
from resnet_viz.data.elsewhere import sent_away
from resnet_viz.lab.race_file.plain_copy import RefusalError, no_race
from resnet_viz.store.notes import MOST_CHARACTERS, MOST_OF_A_NOTE
from resnet_viz.store.records.chunk_format import ForeignRecordError
from resnet_viz.text import shorten

MOST_RUNS = 32
MOST_STEPS = 10**9
YEAR_2200 = 7_258_118_400
_NOTE = "coalesce((SELECT note FROM notes WHERE notes.id = {}.id), '') AS note"

Count = Annotated[int, Field(ge=0, lt=2**63)]
Moment = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=YEAR_2200)]
Name = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Note = Annotated[str, Field(max_length=MOST_OF_A_NOTE)]


class ForeignRun(BaseModel):
    """A run's row: what is taken over of it."""

    model_config = ConfigDict(frozen=True, strict=True)

    position: Count
    name: Name
    spec: Annotated[str, Field(max_length=10**6)]
    header: Annotated[str, Field(max_length=2**24)]
    status: Literal["queued", "running", "paused", "stopped", "finished", "failed", "interrupted"]
    message: Annotated[str, Field(max_length=10_000)]
    created: Moment
    started: Moment | None
    ended: Moment | None
    device: Annotated[str, Field(max_length=100, pattern=r"^[\w:. -]*$")]
    params: Count
    threads: Count | None
    contestant: Count
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    steps: Annotated[int, Field(ge=0, le=MOST_STEPS)]
    host: Literal["", "watched"]
    note: Note

    @field_validator("spec")
    @classmethod
    def _names_no_folder(cls, spec: str) -> str:
        """As it was looked at, and not as another reader of JSON may understand it."""
        return foreign_spec(spec)


class ForeignRace(BaseModel):
    """A race's row, and its runs in order."""

    model_config = ConfigDict(frozen=True, strict=True)

    created: Moment
    name: Name
    note: Note
    runs: tuple[ForeignRun, ...]


def foreign_spec(text: str) -> str:
    """A spec from elsewhere, whose folder of images is none of this computer's."""
    try:
        fields = json.loads(text)
    except ValueError:
        return json.dumps(shorten(text, 200))
    return json.dumps(sent_away(fields) if isinstance(fields, dict) else fields)


@contextmanager
def named(file: Path) -> Iterator[None]:
    """What goes wrong while `file` is read is one sentence that names it."""
    name = shorten(str(file), 200)
    try:
        yield
    except RefusalError as error:
        raise ValueError(f"the file {name} {error}") from error
    except (sqlite3.Error, ForeignRecordError) as error:
        raise ValueError(f"the file {name} is damaged: {explain(ValueError(error))}") from error
    except OSError as error:
        raise ValueError(f"the file {name} cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise ValueError(f"the file {name} is damaged: it is nested too deeply") from error


def connect(copy: Path) -> sqlite3.Connection:
    """A connection, for reading alone, to a copy of a race's file (lab/race_file/plain_copy.py)."""
    connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def read_race(source: sqlite3.Connection, file: Path) -> ForeignRace:
    """The race in the file, its rows checked; the records are for `portions`.

    Raises:
        ValueError: for none or several, or a value that cannot be.
    """
    with named(file):
        query = f"SELECT *, {_NOTE.format('runs')} FROM runs ORDER BY position LIMIT ?"
        rows = source.execute(query, (MOST_RUNS + 1,)).fetchall()
        if len(rows) > MOST_RUNS:
            raise RefusalError(f"holds more than {MOST_RUNS} runs; allowed is one race")
        if not rows:
            raise no_race()
        races = {row["race_id"] for row in rows}
        if len(races) > 1 or (None in races and len(rows) > 1):
            raise RefusalError("holds several races; allowed is one, as `runs export` writes it")
        query = f"SELECT created, name, {_NOTE.format('races')} FROM races WHERE id = ?"
        about = source.execute(query, tuple(races)).fetchone()
        columns = about or {"created": rows[0]["created"], "name": "", "note": ""}
        try:
            runs = tuple(ForeignRun.model_validate(dict(row)) for row in rows)
            return ForeignRace.model_validate({**dict(columns), "runs": runs})
        except ValueError as error:
            raise RefusalError(f"is damaged: {explain(error)}") from error
