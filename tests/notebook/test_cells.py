"""What a cell shows: HTML with the picture, text beside it, and no more of it than can be read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import resnet_viz
from resnet_viz.arch.presets import preset
from resnet_viz.lab.lab import Lab
from resnet_viz.notebook.show import compare, show
from tests.labs import lab, tiny_spec, wait_until

__all__ = ["lab"]
SMALL = preset("resnet20-cifar")


def test_a_plan_is_one_line_and_a_table_of_its_stages() -> None:
    network = resnet_viz.plan(preset("resnet50"))
    assert len(repr(network)) < 120
    assert "25557032" in repr(network)
    shown = network._repr_mimebundle_()
    assert shown["text/plain"].startswith("ResNet-50: 50 layers, 25,557,032 parameters")
    assert shown["text/html"].count("<tr>") == 8  # a head, stem, four stages, head, whole net
    assert "4,089,184,256" in shown["text/html"]


def test_a_configuration_and_its_graph_are_the_page_of_the_graph() -> None:
    graph = resnet_viz.shortcut_graph(SMALL)
    for value in (SMALL, graph, show(SMALL), show("resnet20-cifar"), show(resnet_viz.plan(SMALL))):
        shown = value._repr_mimebundle_()
        (page,) = re.findall(r'srcdoc="([^"]*)"', shown["text/html"])
        assert graph.to_html().removesuffix("</html>\n") in unescape(page)
        assert "ResNet-20: 20 layers, 269,722 parameters" in shown["text/plain"]
    assert len(repr(graph)) < 80


def test_specs_say_their_nets_and_settings() -> None:
    spec = tiny_spec(name="<b>mine", steps=7)
    shown = spec._repr_mimebundle_()
    assert "7 steps" in shown["text/plain"]
    assert "&lt;b&gt;mine" in shown["text/html"]
    assert "<b>" not in shown["text/html"]
    race = resnet_viz.RaceSpec(contestants=(spec, tiny_spec(name="other")), seeds=(0, 1))
    assert race._repr_mimebundle_()["text/plain"] == "<b>mine against other, 2 seeds, 4 runs"


def test_showing_a_net_loads_no_torch() -> None:
    code = (
        "import sys, resnet_viz as rv\n"
        "c = rv.preset('resnet50')\n"
        "[x._repr_mimebundle_() for x in (c, rv.plan(c), rv.shortcut_graph(c), rv.show(c))]\n"
        "assert not {'torch', 'streamlit', 'anywidget', 'plotly', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_nets_side_by_side_with_what_differs() -> None:
    both = compare(SMALL, resnet_viz.plain_twin(SMALL))
    assert both.html.count("<iframe") == 2
    assert "<td>shortcuts</td><td>zero-padded shortcuts</td><td>no shortcuts</td>" in both.html
    with pytest.raises(ValueError, match="compare a net with a net"):
        compare(SMALL, "some-race")


def test_a_net_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_text(SMALL.model_dump_json(), encoding="utf-8")
    assert "ResNet-20" in show(file).text
    assert "ResNet-20" in show(str(file)).text


def test_what_cannot_be_shown_is_said(lab: Lab) -> None:
    with pytest.raises(ValueError, match="int cannot be shown"):
        show(3)
    with pytest.raises(ValueError, match="nonsense"):
        show("nonsense", lab)


def test_a_race_that_is_over_is_a_recording_also_from_its_file(lab: Lab, tmp_path: Path) -> None:
    race = lab.race([tiny_spec(name="a", steps=3), tiny_spec(name="b", steps=3)])
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    file = tmp_path / "mine.race"
    lab.export(race, file)
    run = lab.race_runs(race)[0]
    for value in (race, run, file):
        (page,) = re.findall(r'srcdoc="([^"]*)"', show(value, lab).html)
        (message,) = re.findall(r'id="race">(.*?)</script>', unescape(page))
        told = json.loads(message)
        assert [net["name"] for net in told["nets"]] == ["a", "b"]
        assert told["over"]
    assert run._repr_mimebundle_()["text/plain"] == "a: finished at step 3 of 3"
    assert compare(race, race, lab).html.count("<iframe") == 2
