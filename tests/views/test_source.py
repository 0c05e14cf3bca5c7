"""The exported PyTorch file against the module of the same config."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.nets import blocks, layers
from resnet_viz.nets.network import build_resnet
from resnet_viz.views.source.source import to_source
from tests.configs import configs, examples

ROOT = Path(__file__).parents[2]
# Every field that can add a line does, with the longest numbers there can be.
LONGEST = ResNetConfig(
    block="bottleneck",
    depths=(2500,) * 8,
    widths=(65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 65_534, 65_536),
    expansion=63,
    cardinality=4096,
    group_width=65_536,
    stem="tiered",
    stem_width=65_536,
    shortcut="avgpool_projection",
    shortcut_transform="shortcut_only_gate",
    activation_order="full_preactivation",
    stride_on="1x1",
    downsample_at="last",
    norm="group",
    activation="leaky_relu",
    final_activation=False,
    attention="se",
    se_reduction=65_534,
    se_divisor=65_536,
    conv_bias=True,
    dropout=2.2250738585072014e-308,
    stochastic_depth=1.2345678901234567e-300,
    residual_scale="skipinit",
    init="kaiming_fan_in",
    in_channels=65_536,
    num_classes=1_000_000,
    image_size=16_384,
)
COMPLICATED = ResNetConfig(
    block="bottleneck",
    depths=(2, 3, 1),
    widths=(16, 24, 48),
    cardinality=4,
    group_width=16,
    stem="deep",
    shortcut="avgpool_projection",
    shortcut_transform="exclusive_gate",
    activation_order="full_preactivation",
    downsample_at="last",
    norm="group",
    activation="silu",
    attention="se",
    se_reduction=4,
    dropout=0.1,
    stochastic_depth=0.2,
    residual_scale="skipinit",
    num_classes=10,
    image_size=32,
)


def _made(source: str) -> nn.Module:
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), names)
    network = names["ResNet"]()
    assert isinstance(network, nn.Module)
    return network


def _check_outputs_equal(config: ResNetConfig, device: str = "cpu") -> None:
    ours = build_resnet(config, device, seed=0)
    theirs = _made(to_source(config)).to(device)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(2, *config.image_shape, device=device)
    for is_training in (True, False):  # training first: it moves the running statistics
        outputs = []
        for network in (ours, theirs):
            torch.manual_seed(3)  # dropout and stochastic depth draw
            outputs.append(network.train(is_training)(images))
        torch.testing.assert_close(*outputs, rtol=0, atol=0, equal_nan=True)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(config=configs())
def test_outputs_equal_to_the_last_bit(config: ResNetConfig) -> None:
    _check_outputs_equal(config)
    assert len(to_source(config).splitlines()) < 270


@pytest.mark.parametrize("name", ["resnet18", "resnet50d", "seresnet50", "fastcampus50"])
def test_presets_outputs_equal_to_the_last_bit(name: str) -> None:
    _check_outputs_equal(revise(preset(name), image_size=64))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("config", [COMPLICATED, preset("resnet18")])
def test_outputs_equal_on_a_gpu(config: ResNetConfig) -> None:
    torch.backends.cudnn.benchmark = False
    _check_outputs_equal(config, "cuda")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_short_and_imports_only_torch(name: str) -> None:
    source = to_source(PRESETS[name])
    assert len(source.splitlines()) < 120
    tree = ast.parse(source)
    assert {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} == {
        "collections",
        "torch",
    }
    docstring = ast.get_docstring(tree)
    assert docstring is not None
    assert docstring.startswith(f"{label(PRESETS[name])}: ")


@pytest.mark.parametrize("config", [LONGEST, COMPLICATED, preset("resnet50"), ResNetConfig()])
def test_the_docstring_has_the_config(config: ResNetConfig) -> None:
    docstring = ast.get_docstring(ast.parse(to_source(config)), clean=False)
    assert docstring is not None
    fields = docstring.partition("defaults: ")[2]
    assert ResNetConfig.model_validate_json(fields) == config


@pytest.mark.parametrize(
    "config",
    [
        COMPLICATED,
        preset("resnet18"),
        preset("plain20-cifar"),
        preset("resnet20-cifar"),
        ResNetConfig(shortcut_transform="scaled", activation_order="full_preactivation"),
    ],
)
def test_classes_are_those_of_nets_word_for_word(config: ResNetConfig) -> None:
    source = to_source(config)
    written = {node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    modules = tuple(build_resnet(config, "meta").modules())
    for name in written - {"ResNet"}:
        kind = getattr(blocks, name, None) or getattr(layers, name)
        assert inspect.getsource(kind) in source
        assert any(isinstance(module, kind) for module in modules), f"{name} is not needed"


def test_depth_costs_no_lines() -> None:
    sources = [to_source(preset(f"resnet{depth}-cifar")) for depth in (20, 1202)]
    assert len({source.count("\n") for source in sources}) == 1


def test_the_longest_has_at_most_270_lines() -> None:
    assert len(to_source(LONGEST).splitlines()) <= 270


@pytest.mark.parametrize(
    ("name", "config"), [("resnet18", preset("resnet18")), ("complicated", COMPLICATED)]
)
def test_golden(name: str, config: ResNetConfig, equals_golden: Callable[[str, str], None]) -> None:
    equals_golden(f"{name}.py", to_source(config))
    _check_outputs_equal(config)


def _tool(name: str, *arguments: str | Path) -> None:
    program = Path(sys.executable).with_name(name)
    result = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert result.returncode == 0, result.stdout + result.stderr


@settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))
@given(config=configs())
def test_formatted_as_ruff_would(tmp_path: Path, config: ResNetConfig) -> None:
    path = tmp_path / "net.py"
    path.write_text(to_source(config), encoding="utf-8")
    _tool("ruff", "format", "--isolated", "--line-length=100", "--check", "--no-cache", path)


@pytest.mark.slow
def test_presets_and_extremes_pass_ruff_and_mypy(tmp_path: Path) -> None:
    shown = dict(PRESETS) | {"longest": LONGEST, "complicated": COMPLICATED}
    for name, config in shown.items():
        path = tmp_path / f"{name.replace('-', '_')}.py"
        path.write_text(to_source(config), encoding="utf-8")
    settings_file = ROOT / "pyproject.toml"
    _tool("ruff", "format", "--config", settings_file, "--check", "--no-cache", tmp_path)
    _tool("ruff", "check", "--config", settings_file, "--no-cache", tmp_path)
    typed = [
        tmp_path / f"{name}.py" for name in ("resnet18", "resnet50d", "longest", "complicated")
    ]
    cache = tmp_path / "cache"
    _tool("mypy", "--strict", "--config-file=", "--cache-dir", cache, *typed)
