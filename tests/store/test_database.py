"""The store: what comes back, damaged files, full disks."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import (
    FILE_NAME,
    CorruptStoreError,
    Store,
    StoreError,
    explain_failure,
)
from resnet_viz.store.records.chunks import insert_records
from tests.labs import tiny_spec
from tests.quantities.test_records import record


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


def fill(home: Path, runs: int = 40) -> list[str]:
    """A store with some runs and records, some pages long."""
    lab = Lab(home)
    ids = [lab.start(tiny_spec(name=f"run {i}")) for i in range(runs)]
    with Store(home).writing() as connection:
        for position in range(1, 11):
            insert_records(connection, position, [record(step, 60) for step in range(20)])
    return ids


@pytest.mark.usefixtures("no_workers")
def test_the_home_is_the_variable_or_the_users_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "here"))
    assert Lab().home == tmp_path / "here"
    monkeypatch.delenv("RESNET_VIZ_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Lab().home.name == "resnet_viz"


SPECS_OF_OTHERS = [
    ("$.unknown_field", "7", "unknown_field"),
    ("$.config.wings", "2", "wings"),
    ("$.precision", "'float4'", "precision = 'float4'"),
]


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize(("path", "value", "said"), SPECS_OF_OTHERS)
def test_a_spec_that_cannot_be_read_hides_no_other_run(
    tmp_path: Path, path: str, value: str, said: str
) -> None:
    lab = Lab(tmp_path)
    ids = [lab.start(tiny_spec(name=f"run {i}")) for i in range(3)]
    with Store(tmp_path).writing() as connection:
        query = f"UPDATE runs SET spec = json_set(spec, '{path}', {value}) WHERE id = ?"
        connection.execute(query, (ids[1],))
    assert [run.id for run in lab.list()] == [ids[2], ids[0]]
    (unreadable,) = lab.unreadable()
    assert (unreadable.id, unreadable.name) == (ids[1], "run 1")
    assert said in unreadable.reason
    assert "\n" not in unreadable.reason
    with pytest.raises(ValueError, match="cannot be read, another version wrote it"):
        lab.get(ids[1])
    assert lab.records(ids[1]) == [], "its header says what they are"
    lab.stop(ids[1])


@pytest.mark.usefixtures("no_workers")
def test_a_spec_that_is_not_even_json_hides_no_other_run(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    race_id = lab.race([tiny_spec(), tiny_spec()])
    good = lab.start(tiny_spec())
    with Store(tmp_path).writing() as connection:
        connection.execute("UPDATE runs SET spec = '{' WHERE position = 1")
    assert len(lab.list()) == 2
    assert len(lab.unreadable()) == 1
    assert lab.get(good).status == "queued"
    with pytest.raises(ValueError, match="cannot be read"):
        lab.race_runs(race_id)


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("layers", [5, 7, 12, 0])
def test_a_record_of_another_net_is_refused_not_read_as_if_right(
    tmp_path: Path, layers: int
) -> None:
    lab = Lab(tmp_path)
    run_id, other = (lab.start(tiny_spec()) for _ in range(2))
    with Store(tmp_path).writing() as connection:
        insert_records(connection, 1, [record(0, 6)])
        insert_records(connection, 1, [record(1, layers)])
        insert_records(connection, 2, [record(0, 6)])
    with pytest.raises(StoreError, match=r"record of step 1 .* 6 values of grad_norm") as caught:
        lab.records(run_id)
    assert not isinstance(caught.value, CorruptStoreError)
    assert len(lab.records(other)) == 1
    assert len(lab.list()) == 2


def test_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    code = "import sys; from resnet_viz.lab.lab import Lab; print(Lab(sys.argv[1]).list())"
    command = [sys.executable, "-c", code, str(tmp_path / "home")]
    several = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(8)
    ]
    assert [process.communicate()[0].strip() for process in several] == ["[]"] * 8


# Damage


def _garbage(file: Path) -> None:
    file.write_bytes(os.urandom(20_000))


def _text(file: Path) -> None:
    file.write_text("not a database, just a few words\n" * 100)


def _header(file: Path) -> None:
    file.write_bytes(os.urandom(100) + file.read_bytes()[100:])


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _stub(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:50])


def _middle(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + os.urandom(len(whole) - 8192) + whole[-4096:])


DAMAGES = [_garbage, _text, _header, _truncated, _stub, _middle]


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__.strip("_"))
def test_a_corrupt_store_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    fill(tmp_path)
    damage(tmp_path / FILE_NAME)
    before = (tmp_path / FILE_NAME).read_bytes()
    lab = Lab(tmp_path)
    assert lab.notice is not None
    assert "damaged" in lab.notice
    assert "set aside" in lab.notice
    assert "\n" not in lab.notice
    (aside,) = tmp_path.glob("*.corrupt-*")
    assert aside.read_bytes() == before
    assert lab.list() == []
    run_id = lab.start(tiny_spec())
    assert Lab(tmp_path).get(run_id).status == "queued"
    assert Lab(tmp_path).notice is None


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__.strip("_"))
def test_damage_while_a_lab_is_open_is_noticed(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    fill(tmp_path)
    lab = Lab(tmp_path)
    damage(tmp_path / FILE_NAME)
    assert lab.list() == []
    assert lab.notice is not None
    assert lab.list() == []
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 1


@pytest.mark.usefixtures("no_workers")
def test_a_sound_store_is_never_set_aside(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    assert Store(tmp_path).set_aside() is None
    assert {run.id for run in Lab(tmp_path).list()} == set(ids)


@pytest.mark.usefixtures("no_workers")
def test_a_removed_or_empty_store_begins_anew(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    lab = Lab(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    assert lab.list() == []
    (tmp_path / FILE_NAME).write_bytes(b"")
    assert lab.list() == []


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE precious (thing TEXT)")
    with pytest.raises(StoreError, match="another program"):
        Lab(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("DROP TABLE precious")
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema 99"):
        Lab(tmp_path)


# Places that cannot be written


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for home in (file, file / "deeper"):
        with pytest.raises(StoreError, match="cannot be made") as caught:
            Lab(home)
        assert "\n" not in str(caught.value)


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Lab(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(StoreError, match=r"cannot be opened|read-only"):
        Lab(tmp_path)


def test_a_read_only_database_is_said_to_be_so(tmp_path: Path) -> None:
    file = Store(tmp_path).file
    Lab(tmp_path)
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("DELETE FROM runs")
    connection.close()
    sentence = str(explain_failure(caught.value, file))
    assert "read-only" in sentence
    assert str(file) in sentence


def test_a_full_database_is_said_to_be_so(tmp_path: Path) -> None:
    def fill_up() -> None:
        with Store(tmp_path).writing() as connection:
            connection.execute("PRAGMA max_page_count = 10")
            insert_records(connection, 1, [record(step, 1000) for step in range(50)])

    with pytest.raises(StoreError, match="full; free some space") as caught:
        fill_up()
    assert not isinstance(caught.value, CorruptStoreError)


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_workers")
@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_FSIZE as Linux has it")
def test_a_full_disk_is_a_clear_sentence_and_reading_goes_on(tmp_path: Path) -> None:
    ids = fill(tmp_path, 3)
    lab = Lab(tmp_path)
    with small_files(100):
        with pytest.raises(StoreError, match="full") as caught:
            lab.start(tiny_spec())
        with pytest.raises(StoreError, match="full"):
            Lab(tmp_path / "new")
    assert "\n" not in str(caught.value)
    assert {run.id for run in lab.list()} == set(ids)
    assert lab.notice is None
