"""What AppTest sees of the Architecture page."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[3]


def opened() -> AppTest:
    """The app, whose next run draws the page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return app.switch_page("pages/architecture.py")


def numbers(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.delta for metric in app.metric}


def errors(app: AppTest) -> list[str]:
    """What the page says is wrong, as the eye reads it: without Markdown's backslashes."""
    assert not app.exception
    return [re.sub(r"\\(.)", r"\1", error.value) for error in app.error]


def captions(app: AppTest) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", caption.value) for caption in app.caption]


def chips(app: AppTest) -> list[str]:
    """What was changed in the preset: the badges under the title."""
    [line] = [one.value for one in app.markdown if one.value.startswith(":gray-badge[")]
    return [
        re.sub(r"\\(.)", r"\1", chip) for chip in re.findall(r":gray-badge\[(.*?)\](?!\\)", line)
    ]


def open_tab(app: AppTest, name: str) -> None:
    app.session_state["tab"] = name
    app.run()
