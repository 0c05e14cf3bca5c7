"""The student's notebook on the Lessons page: run, mended and run again, from the first press."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.experiments.student_notebook.program import FAULTS
from resnet_viz.ui.widgets.markdown import plain
from tests.ui.jobs import PATIENCE_SECONDS, home_in

ROOT = Path(__file__).parents[3]
TEXT = """+++
title = "Mine"
question = "Why?"
order = 1
minutes = 3
sources = ["none"]
not_shown = "Much."
[go_on]
label = "On"
page = "race"
+++

## One

```measurement
kind = "notebook"
steps = 10
```

```claim
outcome = "yours"
[say]
stops = "It stops at {line_yours}."
runs = "It runs to {loss_yours}."
```

```figure
figure = "table"
caption = "In numbers."
```
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The store's folder, beside a folder with one lesson."""
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    (lessons / "mine.en.md").write_text(TEXT)
    (lessons / "mine.ko.md").write_text(TEXT)
    monkeypatch.setenv("RESNET_VIZ_LESSONS", str(lessons))
    with home_in(tmp_path) as folder:
        yield folder


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    app.query_params["lesson"] = "mine"
    for key, value in query.items():
        app.query_params[key] = value
    app = app.switch_page("pages/lessons.py").run()
    assert not app.exception
    return app


def finished(app: AppTest) -> AppTest:
    """The page once its claim is told, run again as its timer would."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "will be told here" in told(app):
        assert time.monotonic() < deadline, "the programs have not ended"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    texts = [*app.markdown, *app.warning, *app.get("html")]
    return "\n".join(str(getattr(one, "value", "") or one.proto.body) for one in texts)


def marked(app: AppTest, state: str) -> int:
    return told(app).count(f'class="{state}"')


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_run_mended_and_run_again(home: Path) -> None:
    app = opened()
    assert (marked(app, "wrong"), marked(app, "mended")) == (9, 0)
    assert "0 of 7 faults mended" in told(app)
    finished(app.button(key="lesson_press_main").click().run())
    assert plain("Your program stops at line 18: NameError") in told(app)
    assert "It stops at 18" in told(app)
    assert told(app).count("With this fault alone, the program stops at line") == 3
    assert len(app.table) == 4, "what the silent faults do"
    for fault in ("name", "spelling", "pooling"):
        app.button(key=f"lesson_mend_{fault}").click().run()
    assert marked(app, "mended") == 5
    assert app.query_params["mended"] == "name,spelling,pooling"
    assert "The program has changed since it ran" in told(app)
    app.button(key="lesson_press_main").click().run()
    finished(app)
    assert plain("Your program runs. After 10 steps") in told(app)
    # The link brings it all back, in the other language, too.
    link = {name: app.query_params[name] for name in ("mended", "main")}
    again = opened(**link)
    assert plain("Your program runs. After 10 steps") in told(again)
    assert marked(again, "mended") == 5
    korean = told(opened(**link, lang="ko"))
    assert "10스텝 뒤 손실은" in korean
    assert "고친 잘못" in korean
    app.button(key="lesson_mend_name").click().run()
    assert app.query_params["mended"] == "spelling,pooling"


def test_a_link_with_unknown_faults_leaves_them_out(home: Path) -> None:
    app = opened(mended="nonsense,addition,<b>", main="none")
    assert app.query_params["mended"] == "addition"
    assert "1 of 7 faults mended" in told(app)
    assert len(FAULTS) == 7
