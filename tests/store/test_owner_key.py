"""The owner's key of a folder."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_viz.store.database import StoreError
from resnet_viz.store.keys.owner_key import FILE_NAME, is_owner_key, owner_key


def test_it_stays_and_opens_its_own_folder_alone(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    key = owner_key(here)
    assert owner_key(here) == key
    assert is_owner_key(here, key)
    for wrong in ("", key[:-1], key + "A", key.swapcase(), "é\ud800\x00", owner_key(there)):
        assert not is_owner_key(here, wrong)


def test_its_file_is_its_owners_alone_also_where_it_was_copied(tmp_path: Path) -> None:
    key = owner_key(tmp_path)
    file = tmp_path / FILE_NAME
    assert [one.name for one in tmp_path.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert owner_key(tmp_path) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_of_ones_own_choice_is_taken_and_a_weak_one_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("the-class-of-1998-needs-a-key\n")
    assert owner_key(tmp_path) == "the-class-of-1998-needs-a-key"
    for weak in ("", "short", "with spaces in it, and long", "\ud800".encode(errors="replace") * 9):
        (tmp_path / FILE_NAME).write_bytes(weak if isinstance(weak, bytes) else weak.encode())
        with pytest.raises(StoreError, match=r"holds no owner's key"):
            is_owner_key(tmp_path, "")


def test_servers_that_begin_at_once_agree(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from resnet_viz.store.keys.owner_key import owner_key; "
        "print(owner_key(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({server.communicate()[0] for server in servers}) == 1
