"""The report holds what was measured, as text that is safe, in a file that is small."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.race_feed import MOST_STEPS
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.report.replay import Numbers
from resnet_viz.report.report import Reported, first_seeds, report

HOSTILE = "<script>alert(1)</script><b>net</b>"


def unpacked(html: str, name: str) -> bytes:
    found = re.search(rf'id="data-{name}">([^<]*)</script>', html)
    assert found
    return gzip.decompress(base64.b64decode(found[1]))


def contents(html: str) -> tuple[dict[str, Any], np.ndarray]:
    return json.loads(unpacked(html, "scene")), np.frombuffer(unpacked(html, "numbers"), "<f4")


def reported(net: str, steps: int, name: str = "", most: int | None = None) -> Reported:
    """A net with made-up values of each kind: by layer at each step, by block now and then."""
    spec = RunSpec(config=preset(net), name=name or net, steps=steps)
    network = plan(spec.adapted)
    layers = network.weighted_layers
    blocks = tuple(block.name for block in network.blocks)
    header = {
        name: Along("layer", tuple(layer.name for layer in layers))
        for name in ("grad_norm", "weight_norm", "update_ratio")
    } | {name: Along("block", blocks) for name in ("grad_input_norm", "grad_branch_norm")}
    noise = np.random.default_rng(0)

    def record(step: int) -> StepRecord:
        values = {
            name: np.exp(noise.normal(size=len(along))).astype(np.float32)
            for name, along in header.items()
            if along.axis == "layer" or step % 20 == 0
        }
        return StepRecord(step, 2.0, 0.5, 0.1 * step, values)

    history = History(map(record, range(steps)), most=most)
    one = Contestant(name or net, "#0072B2", layers, history, 10, header, blocks, spec.adapted)
    return Reported(one, spec, network.params)


def test_values_are_those_of_the_records() -> None:
    net = reported("resnet20-cifar", 30)
    scene, numbers = contents(report([net]))
    assert scene["last"] == 29
    for name, taken in scene["nets"][0]["taken"].items():
        raw = net.contestant.history.series(name)
        begin, end = taken["values"]
        assert numbers[slice(*taken["steps"])].tolist() == raw.steps.tolist()
        kept = numbers[begin:end].reshape(raw.values.shape)
        assert kept == pytest.approx(raw.values, rel=2**-11)
        assert tuple(taken["names"]) == net.contestant.header[name].names
        drawn = [column for trace in taken["traces"] for column in trace["columns"]]
        assert sorted(drawn) == list(range(raw.values.shape[1]))


def test_not_finite_and_zero_stay_what_they_are() -> None:
    numbers = Numbers()
    raw = np.array([np.nan, np.inf, -np.inf, 0, 1e-38, 3.4e38, -1.2345678], np.float32)
    assert numbers.add(raw) == [0, 7]
    assert numbers.add(np.arange(70_000, 70_003), exact=True) == [7, 10]
    back = np.frombuffer(numbers.bytes, "<f4")
    np.testing.assert_allclose(back[:7], raw, rtol=2**-11)
    assert back[7:].tolist() == [70_000, 70_001, 70_002]


def test_names_are_text_and_nothing_outside_is_asked_for() -> None:
    html = report([reported("resnet20-cifar", 3, HOSTILE), reported("plain20-cifar", 3)])
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>net" not in contents(html)[0]["nets"][0]["name"]
    assert set(re.findall(r'https?://[^\s"\'`]*', html)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(link|img|iframe|base)\b|\bsrc=", html)


def test_a_race_of_ten_thousand_steps_is_a_small_file() -> None:
    nets = [reported(net, 10_000, most=MOST_STEPS) for net in ("resnet56-cifar", "plain56-cifar")]
    html = report(nets)
    assert len(html) < 5e6
    scene, numbers = contents(html)
    steps = numbers[slice(*scene["nets"][0]["taken"]["grad_norm"]["steps"])]
    assert steps[0] == 0
    assert steps[-1] == 9999
    assert len(steps) > 400


def test_each_figure_has_its_place_under_a_heading() -> None:
    html = report([reported("resnet20-cifar", 3), reported("plain20-cifar", 3)])
    for of in contents(html)[0]["figures"]:
        assert re.search(rf'<h2>[^<]+</h2><div id="{of}" class="plot"', html)


def test_settings_say_what_the_nets_share_and_in_what_they_differ() -> None:
    html = report([reported("resnet20-cifar", 3), reported("plain20-cifar", 3)])
    shared = re.search("<p>All nets: ([^<]*)</p>", html)
    assert shared
    assert "data digits" in shared[1]
    assert "learning rate 0.01" in shared[1]
    assert "seed 0" in shared[1]
    assert re.search(r'<th scope="row">shortcut</th><td>zero_pad</td><td>none</td>', html)
    assert "folder:" not in html


def test_of_several_seeds_the_first_is_replayed() -> None:
    one, other = (reported("resnet20-cifar", 3).contestant for _ in range(2))
    assert first_seeds([one, other]) == [one]
    assert first_seeds([one, reported("plain20-cifar", 3).contestant])[0] is one


def test_the_title_names_each_net_once_and_how_many_seeds_it_has() -> None:
    def title(nets: int, seeds: int) -> str:
        runs = [
            one._replace(
                contestant=replace(
                    one.contestant, name=f"{name}, seed {seed}", net=name, net_name=name
                )
            )
            for seed in range(seeds)
            for name in ("small <i>", "large", "plain")[:nets]
            for one in (reported("resnet20-cifar", 2),)
        ]
        (found,) = re.findall("<h1>([^<]*)</h1>", report(runs))
        assert f"<title>{found}</title>" in report(runs)
        return str(found)

    assert title(3, 4) == "small &lt;i&gt; against large against plain, 4 seeds"
    assert title(2, 1) == "small &lt;i&gt; against large"


def test_a_net_that_was_watched_has_a_graph_too() -> None:
    net = reported("resnet20-cifar", 3)
    own = net.contestant
    watched = Contestant("mine", "#007A59", own.layers, own.history, None, own.header, own.blocks)
    html = report([Reported(watched, None, 10)])
    scene, _ = contents(html)
    (parts,) = [one["parts"] for one in scene["nets"]]
    assert set(parts) == {layer.name for layer in own.layers}
    assert html.count('<figure class="graph"') == 1
    assert all(f'data-node="{part}"' in html for part in set(parts.values()))
    before_any_step = Contestant("mine", "#007A59", (), History())
    assert "mine has no graph" in report([Reported(before_any_step, None, 10)])
    assert "Watched while it trained" in html


def test_what_was_measured_on_demand_is_there_with_its_verdict_and_picture() -> None:
    net = reported("resnet20-cifar", 3, HOSTILE)
    found = {"rank": np.full(9, 20.0), "cka": np.full(9, 0.5)}
    one = MeasurementResult(0, "rank_cka", measurement("rank_cka").checked({}), 0.1, found)
    later = replace(one, step=3, found={**found, "rank": np.full(9, 1.1)})
    unknown = replace(one, measurement="newer")
    html = report([net._replace(results=(later, unknown, one)), reported("plain20-cifar", 3)])
    scene, _ = contents(html)
    assert list(scene["figures"])[-2:] == ["measured-0", "measured-1"]
    first, second = (html.index(f'id="measured-{number}"') for number in (0, 1))
    assert html.index("as step 0 begins") < first < html.index("as step 3 begins") < second
    assert ": not collapsed. The features of 64 images fill 20.0 directions" in html
    assert ": few directions. The features of 64 images fill 1.10 directions" in html
    assert HOSTILE not in html
    assert "no shortcuts: All of the gradient comes through the branches." in html
