# ruff: noqa: RUF001
"""What the panel beside the graph says of a block."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.graph.block_words import (
    chosen_unit,
    equations,
    kind_words,
    numbers,
    shape_words,
    title,
    weight_lines,
)


def _equations(name: str, block: str, **changes: object) -> list[str]:
    config = revise(preset(name), **changes)
    chosen = chosen_unit(plan(config), block)
    assert chosen
    return list(equations(chosen.unit, config))


def test_equations_of_the_papers() -> None:
    assert _equations("resnet34", "stages.0.0") == [
        r"y = \mathrm{ReLU}(F(x) + x)",
        r"F(x) = \mathrm{BN}(W_2\,h_1)",
        r"h_1 = \mathrm{ReLU}(\mathrm{BN}(W_1\,x))",
    ]
    assert _equations("resnet34", "stages.1.0")[0] == (
        r"y = \mathrm{ReLU}(F(x) + \mathrm{BN}(W_s\,x))"
    )
    assert _equations("preact110-cifar", "stages.0.1") == [  # He 2016, eq. 5
        "y = F(x) + x",
        r"F(x) = W_2\,h_1",
        r"h_1 = \mathrm{ReLU}(\mathrm{BN}(W_1\,p(x)))",
        r"p(x) = \mathrm{ReLU}(\mathrm{BN}(x))",
    ]
    assert _equations("plain34", "stages.0.0", norm="none")[:2] == [
        r"y = \mathrm{ReLU}(F(x))",
        r"F(x) = W_2\,h_1",
    ]


@pytest.mark.parametrize("transform", ["exclusive_gate", "shortcut_only_gate", "scaled", "dropout"])
def test_every_transform_is_in_the_sum(transform: str) -> None:
    first, *_ = _equations("resnet34", "stages.0.1", shortcut_transform=transform)
    assert first.count("x)") >= 2
    assert first != _equations("resnet34", "stages.0.1")[0]


@pytest.mark.parametrize("name", PRESETS)
def test_each_matrix_is_in_an_equation_and_has_its_numbers(name: str) -> None:
    network = plan(preset(name))
    for block in network.blocks:
        said = " ".join(equations(block.unit, preset(name)))
        for matrix, words in weight_lines(block.unit):
            assert matrix in said
            assert " channels" in words
        assert said.count("(") == said.count(")")


def test_numbers_add_up_to_the_whole() -> None:
    network = plan(preset("resnet50"))
    chosen = [chosen_unit(network, path) for path, _ in network.units]
    shares = [
        {name: share for name, _, share in numbers(network, one)}["Parameters"]
        for one in chosen
        if one
    ]
    total = sum(float(share.removesuffix(" %")) for share in shares)
    assert total == pytest.approx(100, abs=1)


def test_words() -> None:
    network = plan(preset("resnet50"))
    chosen = chosen_unit(network, "stages.1.0")
    assert chosen
    assert kind_words(chosen.unit, preset("resnet50"), chosen.path) == (
        "Bottleneck block with a projection shortcut"
    )
    assert title("stages.0.1-7") == "Stage 1, blocks 2 to 8"
    assert shape_words(chosen.unit.in_shape) == "256×56×56"
    assert chosen_unit(network, "stages.9.0") is None


def test_the_panel_shows_what_was_picked_while_the_net_has_it(app: AppTest) -> None:
    app.session_state["picked_block"] = "stages.3.2"
    app.run()
    assert not app.exception
    assert [one.value for one in app.latex]
    app.selectbox(key="preset").set_value("resnet20-cifar").run()
    assert not app.exception
    assert not app.latex
