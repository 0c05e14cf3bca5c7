"""The Design space page, run by Streamlit's AppTest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.ui.session.net import Shown

ROOT = Path(__file__).parents[3]


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page("pages/architecture.py").run()
    app.switch_page("pages/design_space.py").run()
    assert not app.exception
    return app


def chart(app: AppTest) -> dict[str, Any]:
    """What the chart's component is given, and the figure that it then shows."""
    given: dict[str, Any] = json.loads(app.get("bidi_component")[0].proto.json)
    shown = app.session_state["live_chart_sent"][given["name"]]
    assert shown.version == given["version"]
    return given | {"figure": json.loads(shown.text)}


def drawn(app: AppTest) -> list[str]:
    """The names of all points, the current net's last."""
    data = chart(app)["figure"]["data"]
    return [name for trace in data for [name] in trace["customdata"]]


def test_all_presets_and_the_current_net() -> None:
    app = opened(net="resnet50", norm="none")
    names = drawn(app)
    assert sorted(names[:-1]) == sorted(PRESETS)
    assert names[-1] == label(revise(preset("resnet50"), norm="none"))
    assert len(app.dataframe[0].value) == len(PRESETS)


def test_one_image_size_at_a_time() -> None:
    app = opened()
    assert "22 are for 32-pixel and 22 are for 224-pixel images" in app.markdown[1].value
    app.segmented_control(key="design_size").set_value(32).run()
    assert set(drawn(app)[:-1]) == {name for name, c in PRESETS.items() if c.image_size == 32}
    assert not any("Careful" in element.value for element in app.markdown)
    app.segmented_control(key="design_axis").set_value("activation memory").run()
    assert not app.exception
    shown = chart(app)
    assert "activation memory" in shown["figure"]["layout"]["xaxis"]["title"]["text"]
    assert "MACs against activation memory of 22 presets" in shown["alt"]
    assert "resnet34 as a star" in shown["alt"]


def test_the_table_is_searched() -> None:
    app = opened()
    app.text_input(key="design_search").set_value("Wide cifar").run()
    assert len(app.dataframe) == 0
    assert "No preset matches" in app.info[0].value
    app.text_input(key="design_search").set_value("WRN").run()
    assert set(app.dataframe[0].value["net"]) == {"wrn16-4", "wrn16-8", "wrn28-10", "wrn40-4"}


def test_the_current_net_is_the_sessions() -> None:
    app = opened()
    net = revise(preset("resnet18"), norm="none")
    app.session_state["net_on_show"] = Shown(net, "resnet18", net)
    app.run()
    assert drawn(app)[-1].startswith("ResNet-18")


def linked(**query: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page("pages/design_space.py").run()
    assert not app.exception
    return app


def link_of(app: AppTest) -> dict[str, str]:
    return {key: "".join(app.query_params[key]) for key in app.query_params}


def test_the_switches_are_in_the_link() -> None:
    app = linked()
    assert link_of(app) == {}
    app.segmented_control(key="design_size").set_value(224).run()
    app.segmented_control(key="design_axis").set_value("activation memory").run()
    app.text_input(key="design_search").set_value("wide").run()
    link = {"size": "224", "axis": "memory", "find": "wide"}
    assert link_of(app) == link
    other = linked(**link)
    assert drawn(other) == drawn(app)
    assert other.dataframe[0].value.equals(app.dataframe[0].value)
    assert link_of(other) == link
    other.segmented_control(key="design_size").set_value("all sizes").run()
    assert link_of(other) == {"axis": "memory", "find": "wide"}


def test_a_bad_part_of_the_link_keeps_the_rest() -> None:
    app = linked(size="77", axis="memory")
    assert "Ignored size" in app.error[0].value
    assert app.segmented_control(key="design_axis").value == "activation memory"
    assert len(drawn(app)) == len(PRESETS) + 1
    assert link_of(app) == {"axis": "memory"}
    assert not app.run().error


def test_the_switches_outlast_a_page_switch() -> None:
    app = linked(size="32")
    app.switch_page("pages/compare.py").run()
    app.switch_page("pages/design_space.py").run()
    assert link_of(app) == {"size": "32"}
