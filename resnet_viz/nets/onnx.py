"""ONNX export of a net, by torch's own exporter."""

from __future__ import annotations

import logging
import warnings
from importlib.util import find_spec

import torch

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.nets.network import ResNet
from resnet_viz.text import byte_size

NEEDED = ("onnx", "onnxscript")
MAX_BYTES = 2_000_000_000
"""One ONNX file is one protobuf message, which may not be larger."""


class OnnxMissingError(RuntimeError):
    """The optional packages are not installed; the message says how to install them."""


def to_onnx(network: ResNet) -> bytes:
    """The content of an ONNX file of `network` as it computes in evaluation, weights included.

    Its input "images" is [N, in_channels, height, width] and its output "logits"
    [N, num_classes], for any N.

    Raises:
        OnnxMissingError: without the packages `onnx` and `onnxscript`.
        ValueError: for a net whose weights do not go into one file.
    """
    _check_packages()
    check_size(network.config)
    return _exported(network)


def check_size(config: ResNetConfig) -> None:
    """ValueError if the weights of a net do not fit into one file; the net need not be built for
    that."""
    size = 4 * plan(config).params
    if size > MAX_BYTES:
        raise ValueError(
            f"the weights take {byte_size(size)}, but an ONNX file holds {byte_size(MAX_BYTES)}"
        )


def _check_packages() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise OnnxMissingError(
            f"ONNX export needs {' and '.join(missing)}: pip install {' '.join(NEEDED)}"
        )


def _exported(network: ResNet) -> bytes:
    """By torch's exporter; its progress and advice are kept quiet."""
    config, was_training = network.config, network.training
    device = next(network.parameters()).device
    # Two images: an exporter may take a batch of one for a constant.
    images = torch.zeros(2, *config.image_shape, device=device)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network.eval(),
                (images,),
                input_names=["images"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                dynamo=True,
                verbose=False,
            )
    finally:
        network.train(was_training)
    assert program is not None  # it is None only where a path is given
    data: bytes = program.model_proto.SerializeToString()
    return data
