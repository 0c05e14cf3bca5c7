from __future__ import annotations

import colorsys
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.graph import styles
from resnet_viz.views.graph.graph import shortcut_graph
from resnet_viz.views.graph.svg import DARK_TEXT, LIGHT_TEXT
from tests.configs import configs, examples

ROOT = Path(__file__).parents[3]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def _parsed(svg: str) -> ET.Element:
    root = ET.fromstring(svg)
    assert root.tag == f"{NAMESPACE}svg"
    return root


def _words(root: ET.Element, kind: str) -> list[str]:
    """The label of each box of a kind, its lines joined."""
    return [
        "\n".join(line.text or "" for line in group.iter(f"{NAMESPACE}tspan"))
        for group in root.iter(f"{NAMESPACE}g")
        if group.get("class") == kind
    ]


@settings(max_examples=examples(50), deadline=None)
@given(config=configs(), data=st.data(), fold=st.booleans())
def test_every_node_and_shortcut_is_drawn_with_its_words(
    config: ResNetConfig, data: st.DataObject, fold: bool
) -> None:
    units = [path for path, _ in plan(config).units]
    opened = data.draw(st.frozensets(st.sampled_from(units), max_size=3))
    graph = shortcut_graph(config, opened, fold=fold)
    root = _parsed(graph.to_svg())
    for kind in ("input", "stem", "preactivation", "block", "folded", "add", "head", "operation"):
        assert _words(root, kind) == [n.label for n in graph.nodes if n.kind == kind]
    titles = [title.text for title in root.iter(f"{NAMESPACE}title")]
    tooltips = {node.id: node.tooltip for node in graph.nodes}
    around = [tooltips[edge.target] for edge in graph.edges if edge.kind != "main"]
    assert sorted(titles) == sorted([*around, *tooltips.values()])


@pytest.mark.parametrize("name", PRESETS)
def test_additions_and_shortcuts_of_presets(name: str) -> None:
    shortcuts = sum(plan(preset(name)).shortcuts.values())
    root = _parsed(shortcut_graph(preset(name)).to_svg())
    assert _words(root, "add") == ["+"] * shortcuts
    lines = [path.get("class") for path in root.iter(f"{NAMESPACE}path")]
    kinds = set(plan(preset(name)).shortcuts)
    legend = len(kinds)
    assert sum(line in kinds for line in lines) == shortcuts + legend


def test_a_plain_twin_is_orange_and_says_that_it_is_plain() -> None:
    residual, plain = (
        shortcut_graph(config).to_svg()
        for config in (preset("resnet18"), plain_twin(preset("resnet18")))
    )
    assert "plain net: no additions, no shortcuts" in plain
    assert "+ adds, then relu" in residual
    assert plain.count("#FBE0B0") == 8
    assert "#FBE0B0" not in residual


def test_the_stages_have_titles() -> None:
    root = _parsed(shortcut_graph(preset("resnet50")).to_svg())
    frames = [g for g in root.iter(f"{NAMESPACE}g") if g.get("class") == "stage"]
    texts = [[text.text for text in frame.iter(f"{NAMESPACE}text")] for frame in frames]
    assert texts[0] == ["stage 1", "56×56 · 256 channels"]  # noqa: RUF001
    assert [title for title, _ in texts] == [f"stage {n}" for n in (1, 2, 3, 4)]


def test_a_file_needs_nothing_else() -> None:
    svg = shortcut_graph(preset("resnet18"), frozenset({"stages.1.0"})).to_svg()
    assert re.findall(r"(?:https?:)?//[^\"' ]+", svg) == ["http://www.w3.org/2000/svg"]
    assert re.search(r"<script|@import|url\(|\bhref", svg) is None


def _luminance(colour: str) -> float:
    """WCAG 2.1 relative luminance of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("#FFFFFF", "#10161D")
"""The app's light and dark pages; see .streamlit/config.toml."""


def test_colours_stand_out_on_white_and_dark_pages() -> None:
    """WCAG 2.1, AA: 3 to 1 for graphics, 4.5 to 1 for text on its ground."""
    for ground in GROUNDS:
        for colour in (styles.GREY, *(look.colour for look in styles.SHORTCUTS.values())):
            assert _contrast(colour, ground) >= 3
    # In the app text has the theme's colour, in a file the one of the reader's theme.
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    for ground, name, own in zip(GROUNDS, ("light", "dark"), (LIGHT_TEXT, DARK_TEXT), strict=True):
        assert theme[name]["backgroundColor"] == ground
        assert _contrast(theme[name]["textColor"], ground) >= 4.5
        assert _contrast(own, ground) >= 4.5
    for name in ("resnet18", "plain18", "preact18"):
        kinds = {node.kind for node in shortcut_graph(preset(name), frozenset({"stem"})).nodes}
        for kind in kinds:
            assert (
                _contrast(styles.INK, styles.fill(kind, is_plain=preset(name).shortcut == "none"))
                >= 4.5
            )


def test_every_word_has_the_ink_of_its_box_or_the_pages_colour() -> None:
    svg = shortcut_graph(preset("resnet20-cifar"), frozenset({"stages.0.0"})).to_svg()
    page = f"fill:var(--st-text-color,light-dark({LIGHT_TEXT},{DARK_TEXT}))"
    outside = {"words", "note"} & set(re.findall(r'<text class="(\w+)"', svg))
    assert outside == {"words", "note"}
    assert f".stage text,.opened text,.note,.words{{{page};text-anchor:start}}" in svg
    assert re.findall(r"text[^{}]*{[^}]*fill:(#\w+)", svg) == [styles.INK]
    assert "svg{color-scheme:light dark;" in svg


def test_orange_is_for_plain_nets_and_a_padded_shortcuts_colour_for_nothing_else() -> None:
    """A hue of 15 to 50 degrees is what people call orange."""
    hues = {kind: _hue(look.colour) for kind, look in styles.SHORTCUTS.items()}
    assert not [kind for kind, hue in hues.items() if 15 <= hue <= 50]
    others = {look.colour for kind, look in styles.SHORTCUTS.items() if kind != "zero_pad"}
    assert styles.SHORTCUTS["zero_pad"].colour not in others
    assert 15 <= _hue(styles.fill("block", is_plain=True)) <= 50


def _hue(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 360 * colorsys.rgb_to_hsv(red, green, blue)[0]


@pytest.mark.parametrize("name", ["resnet18", "plain18"])
def test_svg_is_the_golden_one(name: str, equals_golden: Callable[[str, str], None]) -> None:
    equals_golden(f"{name}.svg", shortcut_graph(preset(name)).to_svg())
