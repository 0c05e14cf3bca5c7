"""A run as the store knows it: what its row says, and the row that begins one."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import WeightedLayer, plan
from resnet_viz.lab import header
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.rows import OVER, State
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.specs import read_spec, seal


@dataclass(frozen=True, slots=True)
class Run:
    """What the store knows of a run. Times are epoch seconds.

    `status`: queued, running, paused, not answering (its worker is there, but silent: suspended,
    say), stopped, finished, failed or interrupted (its worker is gone). `message` says why it
    failed or was interrupted, for how long it has been silent, or what it waits for; else "".
    `device` is "" and `threads` None until training begins. `contestant` counts the nets of a race
    from 0; `bytes` is what the records take. `steps` is how many there will be, 0 if nobody knows.
    """

    id: str
    race_id: str | None
    name: str
    spec_text: str
    header_text: str
    contestant: int
    seed: int
    steps: int
    bytes: int
    status: str
    message: str
    created: float
    started: float | None
    ended: float | None
    steps_done: int
    device: str
    params: int
    threads: int | None
    host: str = ""

    @property
    def is_watched(self) -> bool:
        """Whether it goes on in a program of its own (`Lab.watch`), and has no spec."""
        return self.host == WATCHED

    @property
    def is_over(self) -> bool:
        """Whether no more records will come."""
        return self.status in OVER

    @property
    def spec(self) -> RunSpec:
        """How it trains; ValueError where the spec was changed since, or there is none."""
        return read_spec(self.id, self.spec_text)

    @property
    def config(self) -> ResNetConfig | None:
        """The net, adapted to the data; None for one that is not built from a config."""
        return None if self.is_watched else self.spec.adapted

    @property
    def layers(self) -> tuple[WeightedLayer, ...]:
        """The weighted layers in forward order; of a watched net all are on the main path."""
        if (config := self.config) is not None:
            return plan(config).weighted_layers
        names = self.quantities["grad_norm"].names if "grad_norm" in self.quantities else ()
        return tuple(WeightedLayer(name, i, "main", None) for i, name in enumerate(names, 1))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(layer.name for layer in self.layers)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The paths of the blocks in forward order; of a watched net those that are measured."""
        if (config := self.config) is not None:
            return tuple(block.name for block in plan(config).blocks)
        found = (along.names for along in self.quantities.values() if along.axis == "block")
        return max(found, key=len, default=())

    @property
    def quantities(self) -> Mapping[str, Along]:
        """The quantities it holds, each with its axis and the names along it, in forward order."""
        if self.header_text or self.is_watched:
            return header.read(self.header_text, ()) if self.header_text else {}
        return header.read("", self.spec.layer_names)


@dataclass(frozen=True, slots=True)
class UnreadableRun:
    """A run whose spec this version cannot read; `reason` says what is wrong with it."""

    id: str
    race_id: str | None
    name: str
    created: float
    bytes: int
    reason: str


WATCHED = "watched"
"""The host of a run that goes on in a program of its own: nothing here starts or ends it."""

_PLAIN_COLUMNS = (
    "id",
    "race_id",
    "name",
    "created",
    "started",
    "steps_done",
    "device",
    "params",
    "threads",
    "contestant",
    "seed",
    "steps",
    "bytes",
    "host",
)


def run_of(row: sqlite3.Row, state: State) -> Run:
    """The run of a row, in the state it was found in."""
    plain = {name: row[name] for name in _PLAIN_COLUMNS}
    texts = {"spec_text": row["spec"], "header_text": row["header"]}
    return Run(**plain, **texts, **state._asdict())


def why_unreadable(row: sqlite3.Row) -> str:
    """Why a run cannot be read; "" if it can."""
    if row["host"] == WATCHED or row["seal"] == seal(row["spec"]):
        return ""
    try:
        read_spec(row["id"], row["spec"])
    except ValueError as error:
        return str(error)
    return ""


def new_id() -> str:
    """An id that cannot be guessed; a command line does not take it for an option."""
    while (made := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return made


def new_row(
    run_id: str, race_id: str | None, contestant: int, spec: RunSpec
) -> Mapping[str, object]:
    """The columns of a new run."""
    now, text = time.time(), spec.model_dump_json()
    return {
        "id": run_id,
        "race_id": race_id,
        "contestant": contestant,
        "seed": spec.seed,
        "steps": spec.steps,
        "name": spec.display_name,
        "spec": text,
        "seal": seal(text),
        "header": header.write(spec.quantities),
        "created": now,
        "heartbeat": now,
        "params": plan(spec.adapted).params,
    }


def race_row(race_id: str, specs: Sequence[RunSpec]) -> Mapping[str, object]:
    """The columns of a new race."""
    return {
        "id": race_id,
        "created": time.time(),
        "contestants": json.dumps([spec.display_name for spec in specs]),
        "seeds": json.dumps(sorted({spec.seed for spec in specs})),
    }


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Adds a row with these columns."""
    places = ", ".join("?" * len(row))
    query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
    connection.execute(query, tuple(row.values()))
