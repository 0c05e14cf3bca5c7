"""A link to the Architecture page of which a part is wrong, run by Streamlit's AppTest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.ui.headings import headers

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


def opened_link(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/architecture.py")
    for name, text in link.items():
        app.query_params[name] = text
    return app.run()


def graph_data(app: AppTest) -> dict[str, Any]:
    """What the page's graph is told."""
    given = (json.loads(e.proto.json) for e in app.get("bidi_component") if e.proto.json)
    return next(data for data in given if "svg" in data)


def test_a_link_opens_blocks_shows_one_and_zooms() -> None:
    app = opened_link(net="resnet18", open="stages.1.0,stem", at="stages.2.1", look="2.5,0.3,0.75")
    assert not app.error
    told = graph_data(app)
    assert told["opened"] == 2
    assert 'class="opened" data-unit="stages.1.0"' in told["svg"]
    assert told["alone"]["picked"] == "stages.2.1"
    assert told["alone"]["look"] == "2.5,0.3,0.75"
    assert "Stage 3, block 2" in headers(app)
    assert dict(app.query_params)["open"] in ("stages.1.0,stem", ["stages.1.0,stem"])


def test_blocks_that_the_net_does_not_have_are_named() -> None:
    app = opened_link(net="resnet18", open="stages.1.0,stages.1.7", at="stages.9.0", look="wide")
    (error,) = app.error
    said = error.value.replace("\\", "")
    assert said.startswith("Ignored in this link: unknown block 'stages.1.7'")
    assert "unknown block 'stages.9.0'" in said
    assert "did you mean" in said
    told = graph_data(app)
    assert (told["opened"], told["alone"]["picked"], told["alone"]["look"]) == (1, "", "")
    app.selectbox(key="field.norm").set_value("none").run()
    assert not app.error


def test_what_is_opened_is_written_into_the_link() -> None:
    app = opened_link(net="resnet18", at="stages.1.0")
    app.button(key="block_operations").click().run()
    given = (json.loads(e.proto.json) for e in app.get("bidi_component") if e.proto.json)
    address = next(data for data in given if "query" in data)
    assert address["query"] == {"net": "resnet18", "open": "stages.1.0", "at": "stages.1.0"}


def test_a_link_closes_stages_and_names_what_it_cannot() -> None:
    app = opened_link(net="resnet34", closed="2,9")
    (error,) = app.error
    assert "closed = '9' is not the number of a stage" in error.value.replace("\\", "")
    told = graph_data(app)
    assert 'data-unit="stages.1.0-3"' in told["svg"]
    assert "4 shortcuts, one after the other: 1 projection, 3 identity" in told["svg"]
    assert 'data-unit="stages.1.1"' not in told["svg"]
    app.session_state["closed_stages"] = [3]
    app.run()
    assert 'data-unit="stages.2.0-5"' in graph_data(app)["svg"]
    app.selectbox(key="preset").set_value("resnet20-cifar").run()
    assert not app.error
    assert 'data-unit="stages.2.0-2"' in graph_data(app)["svg"]
