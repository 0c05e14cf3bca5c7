"""What a page says while its job waits and works, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.store.database import Store
from resnet_viz.ui.widgets.job_progress import CANCELLED
from tests.ui.jobs import home_in, settled


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The store's folder; nobody begins its jobs, and no page waits for them at first."""
    with home_in(tmp_path) as folder:
        monkeypatch.setattr(
            "resnet_viz.scheduler.launcher_client.ensure_launcher", lambda store: None
        )
        monkeypatch.setattr("resnet_viz.ui.widgets.job_progress._AT_ONCE_SECONDS", 0.0)
        yield folder


def page() -> None:
    import streamlit as st

    from resnet_viz.ui.widgets import job_progress

    if st.button("Press"):
        job_progress.hand_in("slot", "data", {"name": "digits"}, "the digits")
    if end := job_progress.outcome("slot", "Reading"):
        if end.problem:
            job_progress.complain(end)
        else:
            st.write(f"{end.about}: {end.done}")


def write(home: Path, change: str, *values: object) -> None:
    with Store(home).writing() as connection:
        connection.execute(f"UPDATE jobs SET {change}", values)


def pressed() -> AppTest:
    app = AppTest.from_function(page, default_timeout=60).run()
    app.button[0].click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> list[str]:
    return [info.value for info in app.info]


def test_while_it_works_the_page_says_how_far_it_is_and_what_came_of_it(home: Path) -> None:
    app = pressed()
    assert said(app) == ["Reading... 0 s"]
    write(home, "status = 'working', progress = 0.5, words = 'Counting'")
    assert said(app.run()) == ["Counting... 0 s"]
    assert len(app.get("progress")) == 1
    write(home, "status = 'done', result = '[1, 2]'")
    app.run()
    assert not app.exception
    assert app.markdown[0].value == "the digits: [1, 2]"
    assert not app.info
    Store(home).file.unlink()
    assert app.run().markdown[0].value == "the digits: [1, 2]", "it is kept for the session"


def test_one_that_waits_says_for_how_many(home: Path) -> None:
    for asker in "ab":
        Lab(home).submit("data", {"name": "digits"}, asker=asker)
    assert said(pressed()) == ["Waiting for 1 other on this server... 0 s"]


def test_cancel_ends_it(home: Path) -> None:
    app = pressed()
    app.button(key="cancel_slot").click().run()
    assert said(app) == [CANCELLED]
    assert [row["status"] for row in _jobs(home)] == ["cancelled"]


def test_another_press_takes_the_place_of_the_first(home: Path) -> None:
    app = pressed()
    app.button[0].click().run()
    assert [row["status"] for row in _jobs(home)] == ["cancelled", "queued"]
    assert len({row["asker"] for row in _jobs(home)}) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("status = 'failed', message = 'no <such> thing'", "no \\<such\\> thing"),
        ("status = 'interrupted', message = 'gone'", "gone"),
        ("id = 'another'", "there is no job with the id"),
    ],
)
def test_a_problem_is_a_sentence(home: Path, change: str, words: str) -> None:
    app = pressed()
    write(home, change)
    [error] = app.run().error
    assert words in error.value
    assert not app.info


def test_a_store_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "file" / "below"))
    [error] = pressed().error
    assert "cannot be made" in error.value


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_quick_job_is_shown_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_viz.ui.widgets.job_progress._AT_ONCE_SECONDS", 60.0)
    with home_in(tmp_path):
        app = pressed()
        assert "the digits: {'classes': 10" in app.markdown[0].value
        assert settled(app).markdown


def _jobs(home: Path) -> list[dict[str, object]]:
    with Store(home).session() as connection:
        return [dict(row) for row in job_table.select_jobs(connection)]
