"""Two stores, of which nobody works on the runs, and a race exported from one of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file import judge
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.records.chunks import CHUNK
from tests.scheduler.test_retention import query, race


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


@pytest.fixture(autouse=True)
def judge_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are judged in this process, which takes a tenth of the time."""
    if "apart" not in request.fixturenames:
        monkeypatch.setattr(judge, "judge_apart", judge.judge)


@pytest.fixture
def apart() -> None:
    """Files are judged in a process of its own, as users have it."""


@pytest.fixture
def here(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Lab:
    """Another store, with a race of its own."""
    lab = Lab(tmp_path / "there")
    race(lab, 3, "own")
    return lab


@pytest.fixture
def file(here: Lab, tmp_path: Path) -> Path:
    """A race of two nets with some chunks and some single steps, exported."""
    race_id = race(here, 2 * CHUNK + 5, "sent")
    race(here, 2, "stays")
    here.export(race_id, tmp_path / "race.sqlite3")
    return tmp_path / "race.sqlite3"


def everything(lab: Lab) -> list[object]:
    """All that a store says, for comparing before and after."""
    tables = ("runs", "records", "series", "races", "notes")
    return [query(lab.home, f"SELECT * FROM {table}") for table in tables]


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
