"""The ONNX file in onnxruntime against the module."""

from __future__ import annotations

import onnx
import onnxruntime
import pytest
import torch

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets import onnx as ours
from resnet_viz.nets.network import ResNet, build_resnet
from tests.views.test_source import COMPLICATED

CONFIGS = {
    "resnet18": revise(preset("resnet18"), image_size=64),
    "zero-padded, odd sizes": revise(
        preset("resnet20-cifar"), depths=(1, 1, 1), activation="gelu", image_size=(27, 18)
    ),
    "complicated": COMPLICATED,
}


def _randomised(config: ResNetConfig) -> ResNet:
    """A net whose norms have run: their statistics are not those they start with."""
    network = build_resnet(config, seed=0)
    torch.manual_seed(0)
    network(torch.randn(4, *config.image_shape))
    return network


@pytest.mark.parametrize("name", CONFIGS)
def test_onnxruntime_gives_the_same_logits(name: str) -> None:
    config = CONFIGS[name]
    network = _randomised(config)
    data = ours.to_onnx(network)
    assert network.training, "the export must leave the mode as it was"
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    session = onnxruntime.InferenceSession(data)
    network.eval()
    for batch in (1, 3):  # neither is the batch it was exported with
        images = torch.randn(batch, *config.image_shape)
        (logits,) = session.run(["logits"], {"images": images.numpy()})
        expected = network(images).detach()
        torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-4, atol=1e-4)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "find_spec", lambda name: None)
    with pytest.raises(ours.OnnxMissingError, match="needs onnx and onnxscript: pip install onnx"):
        ours.to_onnx(build_resnet(CONFIGS["resnet18"], device="meta"))


def test_weights_beyond_one_file_are_refused() -> None:
    config = ResNetConfig(depths=(10, 10), widths=(1024, 4096))
    with pytest.raises(ValueError, match=r"weights take \d+\.\d GB, but an ONNX file holds 2 GB"):
        ours.to_onnx(build_resnet(config, device="meta"))
