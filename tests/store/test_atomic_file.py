"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resnet_viz.store.atomic_file import WriteError, atomic_write


def test_a_full_disk_is_said_of_the_file_and_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "race.csv"
    file.write_text("before")
    with (
        pytest.raises(WriteError, match=r"cannot write .*race.csv': No space left"),
        atomic_write(file),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_other_errors_are_what_they_were(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "race.csv"):
        (tmp_path / "none").read_text()
    assert not list(tmp_path.iterdir())
