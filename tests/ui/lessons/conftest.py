"""The Lessons page, run by Streamlit's AppTest on a lab whose runs nobody works on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.ui.components.lessons.prediction import Given

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.url", "http://school:8501/lessons")
    return Lab(tmp_path / "home")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> dict[str, Given]:
    """What a reader's browser gives, by the names of predictions: none at first."""
    given: dict[str, Given] = {}

    def shown(key: str, *_: Any, in_class: bool = False, **__: Any) -> Given:
        guess, reader = given.get(key, Given(None, "ab" * 16))
        return Given(guess, reader if in_class else "")

    monkeypatch.setattr("resnet_viz.ui.pages.lessons.prediction_slot.prediction", shown)
    return given


@pytest.fixture
def lessons_page(lab: Lab) -> Callable[..., AppTest]:
    """Opens a link's page in a session of its own."""

    def opened(**link: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
        for name, text in link.items():
            app.query_params[name] = text
        app.switch_page("pages/lessons.py").run()
        assert not app.exception
        return app

    return opened


def text(app: AppTest) -> str:
    """All that stands on the page, but for buttons."""
    said = [element.value for element in (*app.markdown, *app.warning, *app.error)]
    return "\n".join([*said, *(one.proto.body for one in app.get("html"))]).replace("\\", "")


def value(app: AppTest, name: str) -> str:
    """A setting of the page's address; "" if there is none."""
    given = app.query_params.get(name, "")
    return given if isinstance(given, str) else given[0]
