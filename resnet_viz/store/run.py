"""Run: a run as the store knows it, from its row; and the row that begins one."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Role
from resnet_viz.arch.plan import WeightedLayer, plan
from resnet_viz.cells import Bundle, mimebundle
from resnet_viz.experiments.cell_key import cell_key
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.quantity import Along
from resnet_viz.store import header
from resnet_viz.store.runs_table import OVER, State
from resnet_viz.store.stored_spec import Texts, read_spec, seal
from resnet_viz.text import shorten


class DeletedRunError(ValueError):
    """A run of a list has been deleted: a new list does not have it."""


class Run(NamedTuple):
    """A run as the store knows it. Times are epoch seconds.

    `status`: queued, running, paused, not answering (its worker is there, but silent: suspended,
    say), stopped, finished, failed or interrupted (its worker is gone). `message` says why it
    failed or was interrupted, for how long it has been silent, or what it waits for; else "".
    `device` is "" and `threads` None until training begins. `contestant` counts the
    contestants of a race from 0, each of which may have runs from several seeds. `bytes` is what
    the records take. `steps` is how many there will be, 0 if nobody knows.
    `pace` is how many steps a second it does at most, in slow motion, else None.
    `texts` has the run's own under its id; it is not compared, for it does not change.
    """

    id: str
    race_id: str | None
    name: str
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
    host: str
    pace: float | None
    texts: Mapping[str, Texts]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self[:-1] == other[:-1]

    def __hash__(self) -> int:
        return hash(self[:-1])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return mimebundle(self)

    @property
    def is_watched(self) -> bool:
        """Whether it runs in a program of the user (`Lab.watch`), and has no spec."""
        return self.host == WATCHED

    @property
    def is_over(self) -> bool:
        """Whether no more records will come."""
        return self.status in OVER

    @property
    def spec(self) -> RunSpec:
        """The spec; ValueError if it was changed since, or there is none."""
        return read_spec(self.id, self._text.spec)

    @property
    def config(self) -> ResNetConfig | None:
        """The config, adapted to the data; None for a net that is not built from one."""
        return None if self.is_watched else self.spec.adapted

    @property
    def layers(self) -> tuple[WeightedLayer, ...]:
        """The weighted layers in forward order; those beside the main path of a watched net count
        as projections."""
        if (config := self.config) is not None:
            return plan(config).weighted_layers
        names = self.quantities["grad_norm"].names if "grad_norm" in self.quantities else ()
        beside = header.beside(self._text.header)
        layers, position = [], 0
        for name in names:
            position += name not in beside
            role: Role = "projection" if name in beside else "main"
            layers.append(WeightedLayer(name, max(position, 1), role, None))
        return tuple(layers)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The names of the weighted layers."""
        return tuple(layer.name for layer in self.layers)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The paths of the blocks in forward order; in a watched net, of those that are
        measured."""
        if (config := self.config) is not None:
            return tuple(block.name for block in plan(config).blocks)
        names = (along.names for along in self.quantities.values() if along.axis == "block")
        return max(names, key=len, default=())

    @property
    def shortcuts(self) -> header.Shortcuts:
        """The shortcuts that were found in a watched net."""
        return header.shortcuts(self._text.header) if self.is_watched else {}

    @property
    def quantities(self) -> Mapping[str, Along]:
        """The quantities of the run, each with its axis and the names along it, in forward
        order."""
        text = self._text.header
        if text or self.is_watched:
            return header.read(text, ()) if text else {}
        return header.read("", self.spec.layer_names)

    @property
    def _text(self) -> Texts:
        if self.id not in self.texts:
            raise DeletedRunError(f"the run {shorten(self.id)} was deleted since the list was read")
        return self.texts[self.id]


@dataclass(frozen=True, slots=True)
class UnreadableRun:
    """A run whose spec this version cannot read; `reason` says why.

    `status`, `message` and the steps are a run's; "" and 0 where its row is damaged.
    """

    id: str
    race_id: str | None
    name: str
    created: float
    bytes: int
    reason: str
    status: str = ""
    message: str = ""
    steps: int = 0
    steps_done: int = 0


WATCHED = "watched"
"""The host of a run that goes on in a program of its own: nothing here starts or ends it."""

COLUMNS = tuple(name for name in Run._fields if name != "texts")
"""What is plain in a Run: columns of its row, in order."""


def run_of(row: sqlite3.Row, state: State) -> Run:
    """The run of a row, with the state that was determined for it."""
    plain = {name: row[name] for name in COLUMNS} | state._asdict()
    return Run(**plain, texts={row["id"]: Texts(row["spec"], row["header"])})


def why_unreadable(run: Run) -> str:
    """The reason why a run cannot be read; "" if it can."""
    if run.is_watched or run.id not in run.texts:
        return ""
    try:
        read_spec(run.id, run.texts[run.id].spec)
    except ValueError as error:
        return str(error)
    return ""


def new_id() -> str:
    """A random id that cannot be guessed; no command line takes it for an option."""
    while (text := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return text


def new_row(
    run_id: str, race_id: str | None, contestant: int, spec: RunSpec
) -> Mapping[str, object]:
    """The columns of a new run."""
    now = time.time()
    return {
        "id": run_id,
        "race_id": race_id,
        "contestant": contestant,
        "seed": spec.seed,
        "steps": spec.steps,
        "name": spec.display_name,
        "spec": spec.model_dump_json(),
        "seal": seal(),
        "header": header.write(spec.quantities),
        "created": now,
        "heartbeat": now,
        "params": plan(spec.adapted).params,
        "key": cell_key(spec),
    }


def race_columns(race_id: str, names: Sequence[str], seeds: Sequence[int]) -> Mapping[str, object]:
    """The columns of a new race: the names and seeds of its runs, in order."""
    return {
        "id": race_id,
        "created": time.time(),
        "contestants": json.dumps(list(names)),
        "seeds": json.dumps(sorted(set(seeds))),
    }


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> int:
    """Add a row with these columns; its position in the table."""
    places = ", ".join("?" * len(row))
    query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
    return connection.execute(query, tuple(row.values())).lastrowid or 0
