"""Guarded store: one whose file, once found damaged, is set aside for a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from resnet_viz.store.database import CorruptStoreError, Store, default_home
from resnet_viz.store.records.chunks import Note

_Result = TypeVar("_Result")
_Given = ParamSpec("_Given")


class GuardedStore:
    """The store in a folder (RESNET_VIZ_HOME or the user's data directory by default).

    What is done with it begins anew where its file turns out to be damaged: that is set aside, and
    `notice`, a sentence for the user, says so.

    Raises:
        StoreError: here and in every method, where the store cannot be used.
    """

    def __init__(self, home: Path | str | None = None) -> None:
        self._store = Store(default_home() if home is None else Path(home))
        self.home = self._store.home
        self.notice: str | None = None
        self.use(Store.check)

    def read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, _Given], _Result],
        *given: _Given.args,
        **named: _Given.kwargs,
    ) -> _Result:
        """What `query` finds, given a connection and the rest."""

        def ask(store: Store) -> _Result:
            with store.session() as connection:
                return query(connection, *given, **named)

        return self.use(ask)

    def write(
        self,
        change: Callable[Concatenate[sqlite3.Connection, _Given], _Result],
        *given: _Given.args,
        **named: _Given.kwargs,
    ) -> _Result:
        """The same in a transaction, committed at the end."""

        def act(store: Store) -> _Result:
            with store.writing() as connection:
                return change(connection, *given, **named)

        return self.use(act)

    def use(
        self,
        action: Callable[Concatenate[Store, _Given], _Result],
        *given: _Given.args,
        **named: _Given.kwargs,
    ) -> _Result:
        """What `action` does with the store itself, such as in several transactions."""
        try:
            return action(self._store, *given, **named)
        except CorruptStoreError as error:
            if aside := self._store.set_aside():
                self.notice = (
                    f"{error}; it was set aside as {aside.name} and a new one begun. To bring back "
                    "what is sound of it, type: python -m resnet_viz runs recover"
                )
            return action(self._store, *given, **named)

    def note_damage(self, run_id: str) -> Note:
        """Says in `notice` what of a run was damaged."""

        def note(part: str) -> None:
            self.notice = (
                f"a part of the run {run_id} was changed by a damage of the file "
                f"{self._store.file} and is left out: {part}"
            )

        return note
