"""The Figures tab: every figure is drawn, and can be downloaded in every format."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.ui.pages.architecture.figures_panel import FIGURES
from tests.ui.architecture.shown import errors, open_tab


def figure(app: AppTest) -> str:
    (drawn,) = [e.proto.body for e in app.get("html") if 'class="poster"' in e.proto.body]
    return b64decode(re.findall('base64,([^"]+)', drawn)[0]).decode()


@pytest.mark.parametrize("net", ["resnet34", "plain56-cifar", "preact50", "fastcampus50"])
def test_every_figure_is_drawn_of_any_net(app: AppTest, net: str) -> None:
    app.run()
    app.selectbox(key="preset").set_value(net).run()
    open_tab(app, "Figures")
    for name in FIGURES:
        app.selectbox(key="figure").set_value(name).run()
        assert errors(app) == []
        assert figure(app).count("<svg") == 1
        downloads = [element.proto.label for element in app.get("download_button")]
        assert downloads == ["SVG", "PDF", "PNG, 300 dpi", "TikZ"]


def test_the_chosen_block_is_drawn_with_as_much_detail_as_asked_for(app: AppTest) -> None:
    app.run()
    open_tab(app, "Figures")
    app.selectbox(key="figure").set_value("One block").run()
    assert "3×3, 64" in figure(app)  # noqa: RUF001
    app.selectbox(key="figure_block").set_value("stages.1.0").run()
    assert "projection" in figure(app)
    assert ">addition<" not in figure(app)
    app.toggle(key="figure_operations").set_value(True).run()
    assert ">addition<" in figure(app)
    assert "ResNet-34, stage 2, block 1" in figure(app)


def test_the_twin_stands_beside_the_net(app: AppTest) -> None:
    app.run()
    open_tab(app, "Figures")
    assert ">Plain-34<" in figure(app)
    assert ">ResNet-34<" in figure(app)
    app.selectbox(key="figure").set_value("The network alone").run()
    assert ">Plain-34<" not in figure(app)
