from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest
from hypothesis import assume, given, settings

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.views.modules import COLUMNS, ROW_SETTINGS, Summary, mult_adds, rows_to_csv
from resnet_viz.views.summary import measure, summarize
from tests.configs import configs, examples


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "preact18", "plain20-cifar"])
def test_parameters_equal_the_plans(name: str) -> None:
    config = preset(name)
    statistics = summarize(config)
    assert statistics.total_params == plan(config).params
    assert statistics.trainable_params == plan(config).params


def test_depth_is_how_deep_the_table_goes() -> None:
    shallow, deep = (str(summarize(preset("resnet18"), depth)) for depth in (1, 5))
    assert "Conv2d" not in shallow
    assert deep.count("Conv2d") == 20
    with pytest.raises(ValueError, match="depth = 0"):
        summarize(preset("resnet18"), depth=0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_huge_net_takes_no_memory() -> None:
    """Weights alone would take 230 MB (resnet152): the process grows by far less."""
    code = (
        "from pathlib import Path\n"
        "from resnet_viz import preset, summarize\n"
        "status = Path('/proc/self/status')\n"
        "peak = lambda: int(status.read_text().partition('VmHWM:')[2].split()[0])\n"
        "summarize(preset('resnet18'))\n"
        "before = peak(); summarize(preset('resnet152')); print(peak() - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1024 * int(out.stdout) < 60e6


def _has_groups_of_one_value(config: ResNetConfig) -> bool:
    """PyTorch refuses a group norm with one value to a group, also in evaluation."""
    return config.norm == "group" and any(
        o.kind == "norm" and o.out_shape == (o.groups, 1, 1) for o in plan(config).operations
    )


def test_a_net_that_runs_on_no_single_image_is_said() -> None:
    config = ResNetConfig(
        depths=(1, 1), widths=(4, 4), stem="cifar", norm="group", image_size=2, num_classes=2
    )
    assert _has_groups_of_one_value(config)
    with pytest.raises(ValueError, match="cannot run this net on one image: Expected more than 1"):
        summarize(config)


@settings(max_examples=examples(25), deadline=None)
@given(configs())
def test_torchinfos_mult_adds_are_the_plans_macs_norms_and_biases(config: ResNetConfig) -> None:
    """To the unit, for any net; and the parameters are equal."""
    assume(not _has_groups_of_one_value(config))
    network = plan(config)
    summary = measure(config)
    parts = mult_adds(summary, network)
    assert parts.unexplained == 0
    assert parts.macs == network.macs
    assert summary.total_params == network.params


def test_what_resnet18s_difference_consists_of() -> None:
    """4,800 channels have a norm's scale and shift, and the classifier has 1,000 biases."""
    channels = 64 * 5 + 128 * 5 + 256 * 5 + 512 * 5
    parts = mult_adds(measure(preset("resnet18")), plan(preset("resnet18")))
    assert (parts.norms, parts.biases) == (2 * channels, 1000)
    biased = mult_adds(measure(preset("fastcampus50")), plan(preset("fastcampus50")))
    assert biased.norms == 0
    assert biased.total == biased.macs + biased.biases


@pytest.mark.parametrize("name", ["resnet18", "seresnet50", "preact18", "plain20-cifar"])
def test_rows_are_what_the_text_says(name: str) -> None:
    columns = ("num_params", "mult_adds", "kernel_size")
    lines = str(summarize(preset(name), 4, columns, ())).splitlines()[3:]
    rows = measure(preset(name)).rows(4)
    for row, line in zip(rows, lines, strict=False):
        words = [*line.split("  ")[-1:], *line.split()]
        assert row.type in line
        for number in (row.num_params, row.mult_adds):
            assert number is None or f"{number:,}" in words
    assert lines[len(rows)].startswith("===")


def test_rows_paths_are_the_plans_names() -> None:
    rows = measure(preset("seresnet50")).rows(6)
    weighted = {row.path for row in rows if row.type in ("Conv2d", "Linear")}
    assert weighted == {layer.name for layer in plan(preset("seresnet50")).weighted_layers}


@pytest.mark.parametrize("depth", [1, 2, 5, 6])
def test_rows_sum_to_the_totals_at_every_depth(depth: int) -> None:
    summary, statistics = measure(preset("seresnet50")), summarize(preset("seresnet50"))
    rows = summary.rows(depth)
    assert sum(row.num_params or 0 for row in rows) == statistics.total_params
    assert sum(row.mult_adds or 0 for row in rows) == statistics.total_mult_adds
    assert sum(row.params_percent or 0 for row in rows) == pytest.approx(100)


@pytest.mark.parametrize("row_settings", [(), ("depth", "var_names"), ROW_SETTINGS])
@pytest.mark.parametrize("columns", [(), ("trainable", "params_percent"), tuple(COLUMNS)])
@pytest.mark.parametrize("name", ["resnet18", "seresnet50", "fastcampus50", "preact18"])
def test_the_text_is_torchinfos_to_the_letter(
    name: str, columns: tuple[str, ...], row_settings: tuple[str, ...]
) -> None:
    summary = Summary.from_json(measure(preset(name)).to_json())
    for depth in (1, 2, 6):
        assert summary.text(depth, columns, row_settings) == str(
            summarize(preset(name), depth, columns, row_settings)
        )


@settings(max_examples=examples(15), deadline=None)
@given(configs())
def test_the_text_is_torchinfos_for_any_net(config: ResNetConfig) -> None:
    assume(not _has_groups_of_one_value(config))
    text = measure(config).text(6, tuple(COLUMNS), ("var_names",))
    assert text == str(summarize(config, 6, tuple(COLUMNS), ("var_names",)))


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ValueError, match="unknown column 'kernel'; did you mean 'kernel_size'"):
        summarize(preset("resnet18"), columns=("kernel",))
    with pytest.raises(ValueError, match="unknown row setting 'ascii'"):
        summarize(preset("resnet18"), row_settings=("ascii",))


def test_csv_has_all_rows() -> None:
    rows = measure(preset("resnet18")).rows(4)
    read = list(csv.DictReader(io.StringIO(rows_to_csv(rows))))
    assert [row["path"] for row in read] == [row.path for row in rows]
    conv = next(row for row in read if row["path"] == "stem.conv")
    assert (conv["kernel_size"], conv["output_size"]) == ("7x7", "1x64x112x112")
    assert conv["num_params"] == str(64 * 3 * 49)
