"""The graph as one file: nothing is loaded, every block has its inside, and it stays small."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.es_modules import joined
from resnet_viz.views.graph.browser.page import page_data
from resnet_viz.views.graph.browser.scripts import FOLDER, page_script
from resnet_viz.views.graph.graph import shortcut_graph, unit_graph

TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js")}


@pytest.mark.parametrize(("name", "bytes_"), [("resnet50", 140_000), ("resnet152", 190_000)])
def test_a_page_is_one_small_file_that_asks_for_nothing(name: str, bytes_: int) -> None:
    page = shortcut_graph(preset(name)).to_html()
    assert not re.search(r"<(link|img|iframe)\b|\bsrc=|https?://(?!www\.w3\.org)", page)
    assert len(page.encode()) < bytes_
    assert "<svg" in page.partition("<script")[0]  # a picture also without scripts


@pytest.mark.parametrize("name", ["resnet50", "plain20-cifar", "preact164-cifar", "seresnet50"])
def test_the_inside_of_each_unit_has_exactly_its_operations(name: str) -> None:
    network = plan(preset(name))
    data = page_data(shortcut_graph(network.config), unit_graph)
    for path, unit in network.units:
        inside = data["insides"][data["units"][path]["inside"]]
        picture = ET.fromstring(inside["svg"])
        groups = picture.findall(f".//*[@data-unit='{inside['path']}']")
        drawn = [g for g in groups if g.get("class") in ("operation", "add")]
        assert len(drawn) == len(unit.operations)


def test_a_page_says_the_name_of_a_net_as_text() -> None:
    config = ResNetConfig.model_validate(preset("resnet18").model_dump() | {"num_classes": 7})
    page = shortcut_graph(config).to_html()
    assert "ResNet" in page or "resnet18" in page
    assert "</script" not in page.split('id="data">')[1].partition("</script>")[0]


def test_each_import_is_exported() -> None:
    for text in TEXTS.values():
        for names, file in re.findall(r'^import \{ ?([^}]*?) ?\} from "\./([\w.]+)"', text, re.M):
            wanted = {name.partition(" as ")[0] for name in names.split(", ")}
            exported = re.findall(r"^export (?:class|const|function) (\w+)", TEXTS[file], re.M)
            assert wanted <= set(exported), (file, names)


def test_one_script_has_every_module_once_after_those_it_needs() -> None:
    script = joined(FOLDER, "page.js", "legend.js")
    defined = re.findall(r"^const from_(\w+) = ", script, re.M)
    assert sorted(defined) == sorted(name.removesuffix(".js") for name in TEXTS)
    for number, name in enumerate(defined):
        needed = re.findall(r'from "\./(\w+)\.js"', TEXTS[f"{name}.js"])
        assert set(needed) <= set(defined[:number])
    assert script.startswith("const { mount, legend } = ")
    assert "legend" not in page_script().partition("=")[0]


def test_no_script_knows_a_host() -> None:
    for file, text in TEXTS.items():
        assert not re.search(r"streamlit|jupyter|anywidget|marimo|\.st-", text, re.I), file
