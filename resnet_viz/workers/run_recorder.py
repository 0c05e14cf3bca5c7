"""A run that goes on in a program of its own, written to the store as it comes; no torch."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Collection, Mapping

import psutil

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.heartbeat import HEARTBEAT_SECONDS, born
from resnet_viz.store import header
from resnet_viz.store.database import Store, StoreError
from resnet_viz.store.migrations import transaction
from resnet_viz.store.records.chunks import insert_records, put_together
from resnet_viz.store.run import WATCHED, insert, new_id, race_columns
from resnet_viz.store.runs_table import ACTIVE

WRITE_SECONDS = 0.1


class Recording:
    """The row of a watched run, and its records; the run is a race of one, of the same id. `steps`
    is how many there will be, 0 if nobody knows.

    Nobody may steer it, since it goes on in a program of its own, whose process this is. A store
    that fails later does not disturb the program: `problem` says what was not written.

    Raises:
        StoreError: where the store cannot be used.
    """

    def __init__(
        self, store: Store, name: str, model: str, params: int, device: str, *, steps: int = 0
    ) -> None:
        self.run_id = new_id()
        self.problem = ""
        self._store = store
        self._pending: list[StepRecord] = []
        self._written = 0.0
        self._held: Mapping[str, Along] = {}
        self._beside: Collection[str] = ()
        self._shortcuts: header.Shortcuts = {}
        now = time.time()
        row: Mapping[str, object] = {
            "id": self.run_id,
            "race_id": self.run_id,
            "name": name or model,
            "spec": json.dumps({"watched": model}),
            "status": "running",
            "host": WATCHED,
            "created": now,
            "started": now,
            "heartbeat": now,
            "pid": os.getpid(),
            "pid_created": born(psutil.Process()),
            "device": device,
            "params": params,
            "steps": steps,
        }
        race = race_columns(self.run_id, [name or model], [])
        with store.writing() as connection:
            self._position = insert(connection, "runs", row)
            insert(connection, "races", {**race, "created": now, "steering": "nobody"})
        self._is_over = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def add(
        self,
        record: StepRecord,
        held: Mapping[str, Along],
        beside: Collection[str] = (),
        shortcuts: header.Shortcuts | None = None,
    ) -> None:
        """One step, measured; `held` says along what its quantities are, `beside` which layers lie
        beside the main path, and `shortcuts` which were found."""
        self._pending.append(record)
        self._held, self._beside, self._shortcuts = held, beside, shortcuts or {}
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._write()

    def finish(self, status: str, message: str = "") -> None:
        """The program is done with it: finished, failed or stopped."""
        self._is_over.set()
        self._write()
        change = f"UPDATE runs SET status = ?, message = ?, ended = ? WHERE id = ? AND {ACTIVE}"
        self._change(change, status, message, time.time(), self.run_id)

    def _write(self) -> None:
        pending, self._pending = self._pending, []
        self._written = time.monotonic()
        text = header.write(self._held, self._beside, self._shortcuts)
        try:
            with self._store.session() as connection:
                with transaction(connection):
                    query = "UPDATE runs SET header = ? WHERE position = ? AND header <> ?"
                    connection.execute(query, (text, self._position, text))
                    insert_records(connection, self._position, pending)
                put_together(connection, self._position, pending)
        except StoreError as error:
            self.problem = str(error)

    def _beat(self) -> None:
        while not self._is_over.wait(HEARTBEAT_SECONDS):
            change = "UPDATE runs SET heartbeat = ? WHERE id = ?"
            self._change(change, time.time(), self.run_id)

    def _change(self, query: str, *values: object) -> None:
        try:
            with self._store.writing() as connection:
                connection.execute(query, values)
        except StoreError as error:
            self.problem = str(error)
