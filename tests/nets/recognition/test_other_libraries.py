"""timm's and transformers' ResNets: each is recognised, or left out for a reason that is known.

timm's nets are made on the meta device: a proof draws its own weights.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_viz import ResNetConfig, plan, preset

pytestmark = pytest.mark.integration

_TABLE = Path(__file__).parents[3] / "docs" / "TIMM.md"
_ANTI_ALIASED = "a pool before each stride (anti-aliasing)"
_ECA = "efficient channel attention"
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(
        (
            *("ecaresnet26t", "ecaresnet50d", "ecaresnet50t", "ecaresnetlight", "ecaresnet101d"),
            *("ecaresnet200d", "ecaresnet269d", "ecaresnext26t_32x4d", "ecaresnext50t_32x4d"),
        ),
        _ECA,
    ),
    **dict.fromkeys(
        ("ecaresnet50d_pruned", "ecaresnet101d_pruned"), f"{_ECA}; layers cut one by one"
    ),
    **dict.fromkeys(
        (
            *("resnetblur18", "resnetblur50", "resnetblur50d", "resnetblur101d", "resnetaa34d"),
            *("resnetaa50", "resnetaa50d", "resnetaa101d", "seresnetaa50d"),
            *("seresnextaa101d_32x8d", "seresnextaa201d_32x8d"),
        ),
        _ANTI_ALIASED,
    ),
    "seresnet18": "squeezed to multiples of 8 channels",
    "seresnet34": "squeezed to multiples of 8 channels",
    "senet154": "first convolutions half as wide, and 3x3 projections",
    "test_resnet": "basic blocks and bottlenecks in one net",
}
"""timm's ResNets that no configuration has, and why."""
TEN = (
    *("resnet10t", "resnet14t", "resnet18d", "resnet26t", "resnet50_gn", "seresnext26d_32x4d"),
    *("resnetrs50", "resnetaa34d", "ecaresnet26t", "test_resnet"),
)
NIGHTLY = os.environ.get("RESNET_VIZ_NIGHTLY") == "1"


def _timm(name: str) -> nn.Module:
    import timm

    with torch.device("meta"):
        module: nn.Module = timm.create_model(name, pretrained=False)
    return module


def _constructors() -> list[str]:
    from timm.models import list_models, list_modules

    assert "resnet" in list_modules()
    return list_models(module="resnet")


def _params(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _row(name: str) -> str:
    """A row of the table: the configuration, or the reason; both are checked."""
    module = _timm(name)
    params = _params(module)
    if name in LEFT_OUT:
        with pytest.raises(ValueError, match=r"allowed|nearest"):
            ResNetConfig.from_model(module)
        return f"| {name} | {params:,} | left out: {LEFT_OUT[name]} |"
    config = ResNetConfig.from_model(module)
    assert plan(config).params == params, name
    return f"| {name} | {params:,} | equal |"


def _table() -> dict[str, str]:
    rows = [line for line in _TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {row.split("|")[1].strip(): row for row in rows[1:]}


def test_the_table_has_all_of_timms_constructors() -> None:
    assert list(_table()) == _constructors()
    assert set(LEFT_OUT) == {name for name, row in _table().items() if "left out" in row}


@pytest.mark.parametrize("name", _constructors() if NIGHTLY else TEN)
def test_timms_resnets_are_as_the_table_says(name: str) -> None:
    assert _row(name) == _table()[name]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"layer_type": "basic", "hidden_sizes": [64, 128, 256, 512]}, "resnet34"),
        ({"downsample_in_bottleneck": True}, "resnet50-v1"),
    ],
)
def test_transformers_are_the_presets(settings: dict[str, object], name: str) -> None:
    from transformers import ResNetConfig as TheirConfig
    from transformers import ResNetForImageClassification, ResNetModel

    theirs = TheirConfig(depths=[3, 4, 6, 3], num_labels=1000, **settings)
    with torch.device("meta"):
        classifier, body = ResNetForImageClassification(theirs), ResNetModel(theirs)
    assert ResNetConfig.from_model(classifier) == preset(name)
    assert ResNetConfig.from_model(body) == preset(name)
