"""The plan's counts against the published ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset

PUBLISHED = json.loads((Path(__file__).parents[1] / "golden" / "published.json").read_text())
TABLE_1 = PUBLISHED["paper_tables"]["table1_flops"]["values"]
OPTIONS = {"plain": "none", "A": "zero_pad", "B": "projection", "C": "projection_all"}
LATER = ("caffe prototxt",)  # its stem alone has a bias, which no field says


def _config(name: str) -> ResNetConfig:
    """The config a published row speaks of."""
    family, _, rest = name.partition("/")
    number = re.search(r"\d+", rest)
    depth = number[0] if number else ""
    if family == "torchvision":
        return preset(rest.split()[0])
    if family == "he2015-v1":
        return preset(f"resnet{depth}-v1")
    if family.startswith("GunhoChoi"):
        return preset("fastcampus50")
    if family == "dnddnjs":
        return preset("dnddnjs32-cifar")
    shortcut = OPTIONS[rest.rpartition("=")[2]]
    suffix = "" if family == "he2015-imagenet" else "-cifar"
    return revise(preset(f"resnet{depth}{suffix}"), shortcut=shortcut)


@pytest.mark.parametrize(
    "row",
    [row for row in PUBLISHED["models"] if not any(word in row["name"] for word in LATER)],
    ids=lambda row: row["name"],
)
def test_parameters_and_macs_equal_the_published(row: dict[str, Any]) -> None:
    channels, size, _ = row["input"]
    classes = row["num_classes"]
    config = revise(
        _config(row["name"]), in_channels=channels, image_size=size, num_classes=classes
    )
    assert (plan(config).params, plan(config).macs) == (row["params"], row["macs"])


NUMBERED = [n for n in PRESETS if re.match(r"(resnet|plain|preact)\d", n) and n != "resnet50d"]


@pytest.mark.parametrize("name", NUMBERED)  # resnet50d's deep stem has two convolutions more
def test_depth_is_the_number_in_the_name(name: str) -> None:
    assert plan(preset(name)).depth == int(re.findall(r"\d+", name)[0])


@pytest.mark.parametrize(
    ("name", "macs"), PUBLISHED["paper_tables"]["table1_flops"]["values"].items()
)
def test_macs_round_to_table_1(name: str, macs: float) -> None:
    """He 2015, Table 1 prints two digits, of the nets with stride on the first 1x1."""
    config = preset(f"resnet{name}" if int(name) < 50 else f"resnet{name}-v1")
    assert plan(config).macs == pytest.approx(macs, rel=0.02)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        # As timm's models of these names count them, and as the papers round them (28.1 M; 25.6 M).
        ("seresnet50", 28_088_024),
        ("resnet50d", 25_576_264),
        # Zagoruyko & Komodakis 2016, Table 4: 2.7, 11.0, 36.5, 8.9 M; the units from the layers.
        ("wrn16-4", 2_748_890),
        ("wrn16-8", 10_961_370),
        ("wrn28-10", 36_479_194),
        ("wrn40-4", 8_949_210),
        # He et al. 2016, Table 2 and the authors' released code: 1.7, 1.7, 10.2 M.
        ("preact110-cifar", 1_730_522),
        ("preact164-cifar", 1_703_258),
        ("preact1001-cifar", 10_327_706),
    ],
)
def test_parameters_of_later_presets(name: str, params: int) -> None:
    assert plan(preset(name)).params == params


def test_shortcuts_are_counted_by_kind() -> None:
    assert plan(preset("resnet34")).shortcuts == {"identity": 13, "projection": 3}
    assert plan(preset("resnet56-cifar")).shortcuts == {"identity": 25, "zero_pad": 2}
    assert plan(preset("plain34")).shortcuts == {}


def test_positions_run_from_1_to_the_depth() -> None:
    network = plan(preset("resnet50"))
    positions = [layer.position for layer in network.weighted_layers if not layer.is_beside]
    assert positions == list(range(1, 51))


def test_stages_and_blocks_sum_to_the_whole() -> None:
    network = plan(preset("resnext50_32x4d"))
    parts = [unit for _, unit in network.units]
    assert sum(o.params for o in network.operations) == network.params
    assert sum(unit.macs for unit in parts) == network.macs
    assert len(list(network.blocks)) == 16
