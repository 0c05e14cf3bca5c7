"""Files made to do harm: programs in the tables, endless reading, folders of this computer."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file import judge
from resnet_viz.lab.race_file.import_folder import import_folder
from tests.lab.race_file.conftest import change, everything

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
PROGRAMS = {
    "trigger": f"CREATE TRIGGER {{name}} AFTER UPDATE ON runs BEGIN {ENDLESS}; END",
    "view": f"CREATE VIEW {{name}} AS {ENDLESS}",
    "table": "CREATE TABLE {name} (x)",
    "generated column": "CREATE TABLE {name} (x, y AS (abs(x)))",
    "expression index": "CREATE INDEX {name} ON runs (abs(seed))",
    "partial index": "CREATE INDEX {name} ON runs (seed) WHERE seed > 0",
    "virtual table": "CREATE VIRTUAL TABLE {name} USING fts5(x)",
}
NAMES = ("sqlite_harm", "sqlite_autoindex_runs_9", "harm", "sqliteharm", "runs_unseal2")


def put_in(file: Path, statement: str, name: str) -> bool:
    """Also under a name that SQLite keeps for itself: by writing its table of tables."""
    plain = "plainly" + name.removeprefix("sqlite_")
    try:
        change(file, statement.format(name=plain))
    except sqlite3.OperationalError:  # no such module here
        return False
    change(
        file,
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET name = replace(name, '{plain}', '{name}'), "
        f"tbl_name = replace(tbl_name, '{plain}', '{name}'), "
        f"sql = replace(sql, '{plain}', '{name}')",
    )
    return True


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_in_the_tables_is_refused_whatever_its_name(
    what: str, there: Lab, file: Path
) -> None:
    before, whole = everything(there), file.read_bytes()
    for name in NAMES:
        file.write_bytes(whole)
        if put_in(file, PROGRAMS[what], name):
            with pytest.raises(ValueError, match=r"holds no race|is damaged"):
                there.import_(file)
    assert everything(there) == before


def test_an_older_file_with_a_trigger_is_refused_before_it_is_migrated(
    there: Lab, file: Path, tmp_path: Path
) -> None:
    from tests.scheduler.test_retention import GOLDEN

    old = tmp_path / "old.sqlite3"
    shutil.copy(GOLDEN, old)
    assert file.exists()
    assert put_in(old, PROGRAMS["trigger"], "sqlite_harm")
    with pytest.raises(ValueError, match="holds no race"):
        there.import_(old)


@pytest.mark.flaky(reruns=1, reason="processes: the judge, for some seconds")
@pytest.mark.usefixtures("apart")
def test_a_file_is_judged_in_a_process_of_its_own_for_a_limited_time(
    there: Lab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    race_id = there.import_(file)
    assert len(there.race_runs(race_id)) == 2
    change(file, "UPDATE runs SET status = 'winning'")
    with pytest.raises(ValueError, match=f"^the file '{file}' is damaged: status = 'winning'"):
        there.import_(file)
    monkeypatch.setattr(judge, "limit_seconds", lambda _: 0.05)
    files = sorted(there.home.iterdir())
    with pytest.raises(ValueError, match="takes too long to read: more than"):
        there.import_(file)
    assert sorted(there.home.iterdir()) == files


@pytest.mark.flaky(reruns=1, reason="processes: the judge and who asked")
@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_the_judge_ends_with_who_asked_and_its_folder_goes_with_the_next(
    there: Lab, tmp_path: Path, file: Path, death: signal.Signals
) -> None:
    """A pipe in the place of a file that is read for ever."""
    code = (
        "import sys; from pathlib import Path; from resnet_viz.lab.race_file import judge;"
        "from resnet_viz.lab.race_file.import_folder import import_folder\n"
        "with import_folder(Path(sys.argv[2])) as folder:\n"
        "    print(folder, flush=True); judge.judge_apart(Path(sys.argv[1]), folder / 'c')"
    )
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    asking = subprocess.Popen(
        [sys.executable, "-c", code, str(pipe), str(there.home)], stdout=subprocess.PIPE, text=True
    )
    assert asking.stdout is not None
    folder = Path(asking.stdout.readline().strip())
    judges = _children(asking.pid)
    asking.send_signal(death)
    asking.wait(60)
    asking.stdout.close()
    _, left = psutil.wait_procs(judges, timeout=60)
    assert not left
    assert folder.exists()
    there.import_(file)
    assert not folder.exists()


def _children(pid: int) -> list[psutil.Process]:
    deadline = time.monotonic() + 60
    while not (found := psutil.Process(pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_a_folder_in_use_stays(tmp_path: Path) -> None:
    with import_folder(tmp_path) as one, import_folder(tmp_path) as other:
        assert one.exists()
        assert other.exists()


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where this process looks for folders."""
    found: list[str] = []
    scandir = os.scandir

    def watched(path: str = ".") -> object:
        found.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    return found


@pytest.mark.parametrize("classes", ["null", "10"])
def test_a_folder_that_a_file_names_is_never_looked_at(
    there: Lab, file: Path, tmp_path: Path, classes: str, looked_at: list[str]
) -> None:
    """Nor trained on, measured with, or named to anybody."""
    secret = tmp_path / "secret"
    for name in ("passwords", "keys"):
        (secret / name).mkdir(parents=True)
    change(
        file,
        f"UPDATE runs SET spec = json_set(spec, '$.dataset', 'folder:{secret}', "
        f"'$.classes', {classes})",
    )
    there.import_(file)
    found = there.everything()
    said = " ".join(str(getattr(run, "reason", "")) for run in found)
    for run in there.list():
        if run.name.startswith("sent"):
            assert run.spec.dataset == "elsewhere:secret"
            with pytest.raises(ValueError, match="came from another computer") as caught:
                there.start(run.spec)
            said += str(caught.value)
    assert "passwords" not in said
    assert "keys" not in said
    assert str(secret) not in looked_at
    assert all(str(secret) not in str(row) for row in everything(there))


def test_what_is_sent_does_not_say_where_its_images_are(
    here: Lab, tmp_path: Path, there: Lab
) -> None:
    from PIL import Image

    from tests.labs import tiny_spec
    from tests.scheduler.test_retention import finish

    for name in ("a", "b"):
        folder = tmp_path / "private" / "pets" / name
        folder.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / "x.png")
    run_id = here.start(tiny_spec(dataset=f"folder:{tmp_path}/private/pets", batch_size=2))
    finish(here, [run_id], 2)
    here.export(run_id, tmp_path / "sent")
    assert b"private" not in (tmp_path / "sent").read_bytes()
    (run,) = there.race_runs(there.import_(tmp_path / "sent"))
    assert (run.spec.dataset, run.spec.adapted.num_classes) == ("elsewhere:pets", 2)


EXTREMES = ("NULL", "9e11", "-1", "-1.0", "9e999", "1e308", "9223372036854775807", "'x'", "''")
EXTREMES += ("x'00ff'", "CAST(x'ff' AS TEXT)", "0", "0.0", "'folder:/etc'", "1e-320")


def mutated(whole: bytes, file: Path, random: np.random.Generator) -> None:
    """Some bytes flipped, or some values of a row or a column set to extremes."""
    if random.random() < 0.4:
        broken = bytearray(whole)
        for place in random.integers(0, len(whole), int(random.integers(1, 30))):
            broken[place] ^= 1 << int(random.integers(0, 8))
        file.write_bytes(broken)
        return
    file.write_bytes(whole)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for table in ("records", "series"):  # who changes a value can leave out its checksum
            connection.execute(f"UPDATE {table} SET crc = NULL")
        for _ in range(int(random.integers(1, 4))):
            tables = ("runs", "races", "records", "series", "notes")
            table = str(random.choice(tables, p=(0.5, 0.1, 0.2, 0.15, 0.05)))
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column = str(random.choice(columns))
            change = f"UPDATE {table} SET {column} = {random.choice(EXTREMES)}"
            if random.random() < 0.5:
                key = "run" if table in ("records", "series") else "rowid"
                change += f" WHERE {key} = 1"
            try:
                connection.execute(change)
            except sqlite3.IntegrityError:
                continue


NIGHTLY = bool(os.environ.get("RESNET_VIZ_NIGHTLY"))


def test_whatever_is_taken_over_is_listed_shown_reported_and_deleted(
    there: Lab, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resnet_viz.cli.commands import runs as command

    monkeypatch.setenv("RESNET_VIZ_HOME", str(there.home))
    whole, random, taken = file.read_bytes(), np.random.default_rng(14), 0
    before = {run.id for run in there.everything()}
    for _ in range(500 if NIGHTLY else 30):
        mutated(whole, file, random)
        said = ""
        try:
            race_id = there.import_(file)
        except ValueError as error:
            said = str(error)
        assert "\n" not in said
        if said:
            assert {run.id for run in there.everything()} == before
            continue
        taken += 1
        came = [run for run in there.everything() if run.race_id == race_id]
        assert len(came) == 2
        command.show_runs(as_json=False)
        readable = [run for run in there.list() if run.race_id == race_id]
        if len(readable) == len(came) and (NIGHTLY or taken < 6):
            command.show(race_id)
            command.report(race_id, tmp_path / "report.html")
        there.delete(race_id)
        assert {run.id for run in there.everything()} == before
    assert taken > 3
