"""The folder is the registry: a file of one's own is found wherever quantities are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.long_form import csv_text
from resnet_viz.quantities import FOLDERS_VARIABLE, held_by, quantities, quantity
from resnet_viz.quantities.points import POINTS, place
from resnet_viz.quantities.records import History
from tests.labs import tiny_spec, wait_until

OWN = '''
"""The largest weight of a layer."""
from resnet_viz.quantities import Quantity

QUANTITY = Quantity(
    name="largest_weight", title="largest weight", symbol="max |W|",
    sentence="The largest weight in size.", source="this test", scale="linear",
)


def measure(weight):
    import torch

    return torch.stack([w.abs().max() for w in weight])
'''


@pytest.fixture(params=["quantities", "lab.quantities.quantity"])
def own(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One quantity more, from a folder of one's own: written today, or for version 0.1.0."""
    folder = tmp_path / "quantities"
    folder.mkdir()
    (folder / "largest_weight.py").write_text(OWN.replace("quantities", request.param, 1))
    monkeypatch.setenv(FOLDERS_VARIABLE, str(folder))


@pytest.mark.usefixtures("own")
def test_a_quantity_of_ones_own_is_found_everywhere(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(steps=3))
    wait_until(lambda: lab.get(run_id).is_over)
    run, records = lab.get(run_id), lab.records(run_id)
    names = run.layer_names
    assert run.quantities["largest_weight"].names == names
    largest = records[0].values["largest_weight"]
    assert largest.shape == (len(names),)
    assert (largest > 0).all()
    text = "".join(csv_text([("net", records, run.quantities)]))
    assert f"net,0,largest_weight,{names[0]},{largest.astype(str)[0]}" in text
    layers = plan(run.spec.adapted).weighted_layers
    net = Contestant("net", "#000", layers, History(records), 10, run.quantities)
    by_layer = profile([net], 0, "largest_weight")
    assert by_layer.layout.yaxis.title.text == "largest weight max |W|"
    drawn = next(trace for trace in by_layer.data if trace.name == "net")
    np.testing.assert_allclose(drawn.y, largest[net.place("largest_weight").of("main")])
    maps = heat_maps([net], "largest_weight")
    np.testing.assert_allclose(maps.data[0].z[:, 0], drawn.y, rtol=1e-6)


@pytest.mark.usefixtures("own")
def test_the_command_line_finds_it_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(lab.home))
    command = [sys.executable, "-m", "resnet_viz"]
    listed = subprocess.run([*command, "quantities"], capture_output=True, text=True, check=True)
    assert "largest weight" in listed.stdout
    race = [*command, "race", "resnet20-cifar", "plain20-cifar", "--steps", "2", "--json"]
    out = subprocess.run(race, capture_output=True, text=True, check=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 4
    for line in lines:
        assert len(line["largest_weight"]) == len(line["grad_norm"])


def test_each_says_what_it_is() -> None:
    for name, about in quantities().items():
        assert about.name == name
        assert about.title
        assert about.sentence.endswith(".")
        assert about.source
        assert place(about)[0] in ("layer", "block", "net", "final")


def test_names_are_those_of_the_plan() -> None:
    net = plan(preset("resnet20-cifar"))
    held = held_by(net, evaluated=True)
    assert held["grad_norm"].names == tuple(layer.name for layer in net.weighted_layers)
    assert held["grad_total_norm"].names == ("net",)
    assert not [q for q in held_by(net, evaluated=False) if place(quantity(q))[1] == "evaluations"]
    plain = held_by(plan(plain_twin(preset("resnet20-cifar"))), evaluated=False)
    assert not [q for q in plain if "shortcut" in quantity(q).points]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("QUANTITY = 1", "describes no quantity"),
        ("def measure(weight): ...", "describes no quantity"),
        (OWN.replace("measure(weight)", "measure(wieght)"), "wieght"),
        (OWN.replace("measure(weight)", "measure(weight, output)"), "do not go together"),
        (OWN.replace("measure(weight)", "measure()"), "no point"),
    ],
)
def test_a_file_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    (tmp_path / "odd.py").write_text(text)
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    with pytest.raises(ValueError, match=said) as caught:
        quantities()
    assert "\n" not in str(caught.value)


def test_every_point_is_along_one_axis() -> None:
    assert {point.axis for point in POINTS.values()} == {"layer", "block", "net", "final"}
