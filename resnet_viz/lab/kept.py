"""What becomes of runs that are there: names and notes, files that hold them, their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from resnet_viz.lab.opened import Opened
from resnet_viz.lab.race_file import transfer
from resnet_viz.scheduler import retention
from resnet_viz.store import notes, queries
from resnet_viz.store.recovery import recover
from resnet_viz.store.recovery.recover import Recovered


class Kept(Opened):
    """The runs of a store as things that one keeps."""

    def delete(self, id: str) -> None:  # noqa: A002
        """Delete a run, or a race with its runs, what they measured and their logs.

        Raises:
            ValueError: for one that is under way: stop it first.
        """
        self._guarded(lambda: retention.delete(self._store, id))

    def rename(self, id: str, name: str) -> None:  # noqa: A002
        """Call a run, or a race, `name`: 1 to 200 characters.

        Raises:
            ValueError: for other names.
        """
        self._guarded(lambda: notes.rename(self._store, id, name))

    def note(self, id: str, note: str) -> None:  # noqa: A002
        """Keep a note with a run or a race, in place of the one before; "" for none.

        Raises:
            ValueError: for one of more than 2,000 characters.
        """
        self._guarded(lambda: notes.write_note(self._store, id, note))

    def notes(self) -> Mapping[str, str]:
        """The notes there are, by the id of their run or race."""
        return self._guarded(lambda: notes.read_notes(self._store))

    def race_names(self) -> Mapping[str, str]:
        """What races were called, by their ids; without those that were not."""
        return self._texts("SELECT id, name AS text FROM races WHERE name <> ''")

    def datasets(self) -> Mapping[str, str]:
        """What each run trains on, by its id; without those that nobody knows of."""
        return self._texts(
            "SELECT id, json_extract(spec, '$.dataset') AS text FROM runs "
            "WHERE json_valid(spec) AND text IS NOT NULL"
        )

    def race_name(self, race_id: str) -> str:
        """What a race was called; "" if it was not."""

        return self._read(lambda found: queries.race_name(found, race_id))

    def export(self, id: str, file: Path | str) -> None:  # noqa: A002
        """Write a race, or a run as a race of one, with all that is known of it, to one file.

        Raises:
            ValueError: for a file that cannot be written.
        """
        self._guarded(lambda: transfer.export_race(self._store, id, Path(file)))

    def import_(self, file: Path | str) -> str:
        """Take over the race in a file that `export` wrote, perhaps elsewhere; its id here.

        What was under way there is interrupted, and nobody can steer it.

        Raises:
            ValueError: for any other file; nothing is then taken over.
        """
        return self._guarded(lambda: transfer.import_race(self._store, Path(file)))

    def recover(self) -> Sequence[Recovered]:
        """Bring back what is sound of stores that were damaged and set aside."""
        return recover.recover(self._store)

    @property
    def bytes(self) -> int:
        """What the runs take on disk."""
        return retention.folder_bytes(self.home)

    def _texts(self, query: str) -> Mapping[str, str]:
        return self._read(lambda found: queries.texts(found, query))
