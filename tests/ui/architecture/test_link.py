"""A link to the Architecture page of which a part is wrong, run by Streamlit's AppTest."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[3]


def test_one_bad_field_keeps_the_rest_and_is_named() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/architecture.py")
    link = {"net": "resnet50", "norm": "none", "depths": "1-1-1-1-1-1-1-1-1"}
    for name, text in link.items():
        app.query_params[name] = text
    app.run()
    (error,) = app.error
    assert error.value.startswith("Ignored depths in this link")
    assert "at most 8 are allowed" in error.value
    assert app.selectbox(key="field.norm").value == "none"
    app.selectbox(key="field.norm").set_value("batch").run()
    assert not app.error
