"""timm's and transformers' ResNets: each is recognised, or left out for a reason that is known.

Of timm's the page of the documentation says which; docs/tools/timm_table.py writes it.
"""

from __future__ import annotations

import os
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from docs.tools import timm_table
from resnet_viz import ResNetConfig, build_resnet, preset
from resnet_viz.nets.stored_weights.state_dicts import read_names
from resnet_viz.nets.stored_weights.stored_tensors import Stored

pytestmark = pytest.mark.integration

TEN = (
    *("resnet10t", "resnet18d", "resnet50_gn", "seresnext26d_32x4d", "resnetrs50", "seresnet18"),
    *("resnetaa34d", "resnetblur18", "ecaresnet26t", "test_resnet"),
)
NIGHTLY = os.environ.get("RESNET_VIZ_NIGHTLY") == "1"


def _rows() -> dict[str, str]:
    lines = timm_table.FILE.read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    return {row.split("|")[1].strip(): row for row in rows[1:]}


def test_the_page_is_as_its_command_writes_it() -> None:
    rows = _rows()
    assert list(rows) == timm_table.constructors()
    assert timm_table.page(list(rows.values())) == timm_table.FILE.read_text("utf-8")
    left_out = {name for name, row in rows.items() if "left out" in row}
    assert left_out == set(timm_table.LEFT_OUT)


@pytest.mark.parametrize("name", timm_table.constructors() if NIGHTLY else TEN)
def test_timms_resnets_are_as_the_table_says(name: str) -> None:
    assert timm_table.row(name) == _rows()[name]


SETTINGS: dict[str, dict[str, object]] = {
    "blur pools": {"aa_layer": "BlurPool2d"},
    "average pools, a deep stem": {"aa_layer": "AvgPool2d", "stem_type": "deep", "avg_down": True},
    "blur pools, no pool": {
        "aa_layer": "BlurPool2d",
        "replace_stem_pool": True,
        "stem_type": "deep",
    },
    "efficient channel attention": {"block_args": {"attn_layer": "eca"}},
    "like SENet-154": {"block_reduce_first": 2, "down_kernel_size": 3, "cardinality": 4},
    "a rounded squeeze": {"block_args": {"attn_layer": "se"}, "channels": (16, 20, 24, 40)},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_small_nets_of_timm_have_our_outputs_and_gradients(settings: dict[str, object]) -> None:
    """In training, in float64, on images whose size turns odd in the stem."""
    from timm import layers
    from timm.models.resnet import Bottleneck
    from timm.models.resnet import ResNet as Theirs

    pool = settings.get("aa_layer")
    own = {"aa_layer": getattr(layers, str(pool), nn.AvgPool2d) if pool else None}
    shape = {"channels": (16, 24, 24, 32), "stem_width": 16, "num_classes": 5}
    theirs = Theirs(
        Bottleneck, (1, 1, 2, 1), **(shape | settings | own), zero_init_last=False
    ).double()
    config = ResNetConfig.from_model(theirs)
    ours = build_resnet(config, seed=0).double()
    state = theirs.state_dict()
    stored = {key: Stored(tuple(t.shape), t.dtype, partial(_same, t)) for key, t in state.items()}
    names = read_names(stored, ours.state_dict()).names
    ours.load_state_dict(
        {k: state[n].reshape(ours.state_dict()[k].shape) for k, n in names.items()}
    )
    images = torch.randn(2, 3, 66, 66, dtype=torch.float64)
    outputs = [net(images) for net in (ours, theirs)]
    torch.testing.assert_close(*outputs)
    for output in outputs:
        output.square().sum().backward()
    weights = dict(theirs.named_parameters())
    for key, weight in ours.named_parameters():
        assert weight.grad is not None
        expected = weights[names[key]].grad
        assert expected is not None
        torch.testing.assert_close(weight.grad, expected.reshape(weight.shape))


def _same(tensor: Tensor) -> Tensor:
    return tensor


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
