"""The torchinfo tab, run by Streamlit's AppTest."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.lab.lab import Lab
from resnet_viz.views.modules import mult_adds
from resnet_viz.views.summary import measure, summarize
from tests.ui.jobs import settled

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")


def _panel(name: str) -> None:
    from resnet_viz.arch.presets import preset
    from resnet_viz.ui.pages.architecture.torchinfo_panel import torchinfo_panel

    torchinfo_panel(preset(name))


def _shown(name: str) -> AppTest:
    app = AppTest.from_function(_panel, kwargs={"name": name}, default_timeout=120).run()
    return settled(app)


@pytest.mark.parametrize("name", ["resnet18", "fastcampus50"])
def test_totals_stand_beside_the_plans_with_their_difference(name: str) -> None:
    app = _shown(name)
    network, statistics = plan(preset(name)), summarize(preset(name))
    totals, why = app.markdown[0].value, app.markdown[1].value
    assert f"| parameters | {network.params:,} | {network.params:,} | 0 |" in totals
    total = statistics.total_mult_adds
    assert f"{total:,} | {network.macs:,} | {total - network.macs:,} |" in totals
    parts = mult_adds(measure(preset(name)), network)
    assert f"{network.macs:,} + {parts.norms:,} + {parts.biases:,} = {total:,}" in why
    assert "unexplained" not in why


def test_settings_are_torchinfos() -> None:
    app = _shown("resnet18")
    assert "Conv2d (conv)" in app.code[0].value
    assert str(summarize(preset("resnet18"), row_settings=("depth", "var_names"))) == (
        app.code[0].value
    )
    app.slider(key="torchinfo_depth").set_value(1).run()
    assert "Conv2d" not in app.code[0].value
    assert len(app.dataframe[0].value) == 4  # the net, stem, stages, head
    app.pills(key="torchinfo_columns").set_value(["num_params", "trainable"]).run()
    app.pills(key="torchinfo_rows").set_value(["ascii_only"]).run()
    assert not app.exception
    assert app.code[0].value == str(
        summarize(preset("resnet18"), 1, ("num_params", "trainable"), ("ascii_only",))
    )
    assert list(app.dataframe[0].value.columns) == [
        "name",
        "path",
        "depth",
        "type",
        "parameters",
        "trainable",
    ]


def test_search_narrows_the_table() -> None:
    app = _shown("resnet18")
    app.slider(key="torchinfo_depth").set_value(5).run()
    app.text_input(key="torchinfo_search").set_value("CONV2D").run()
    assert set(app.dataframe[0].value["type"]) == {"Conv2d"}
    assert len(app.dataframe[0].value) == 20
    app.text_input(key="torchinfo_search").set_value("no such module").run()
    assert not app.exception
    assert app.info[0].value == "No module matches 'no such module'."


def test_the_second_look_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _shown("resnet18")

    def fail(*_: object, **__: object) -> None:
        raise ValueError("asked again")

    monkeypatch.setattr(Lab, "submit", fail)
    assert not _shown("resnet18").error
    app = _shown("preact34")
    assert [error.value for error in app.error] == ["asked again"]
    monkeypatch.undo()
    app.button[0].click().run()
    assert not settled(app).error
    assert app.code[0].value.startswith("====")


def test_no_columns_at_all_is_no_error() -> None:
    app = _shown("resnet18")
    app.pills(key="torchinfo_columns").set_value([]).run()
    assert not app.exception
    assert "Input Shape" not in app.code[0].value
