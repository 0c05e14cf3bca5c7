"""Something that a net can be called with, where nobody gave an example."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from resnet_viz.traced.passes import Example

SIDE = 224
TOKENS = 8


def example_for(model: nn.Module) -> Example:
    """A random example for `model`: as it says itself, or one that fits its first layer.

    timm's nets say how large their images are, and transformers' what they take.

    Raises:
        ValueError: where the first layer does not tell.
    """
    settings = getattr(model, "pretrained_cfg", None) or getattr(model, "default_cfg", None)
    if isinstance(settings, dict) and "input_size" in settings:
        return torch.randn(1, *settings["input_size"])
    config = getattr(model, "config", None)
    if hasattr(config, "to_dict") and (given := getattr(model, "dummy_inputs", None)):
        return dict(given)
    for module in model.modules():
        if (example := _for_layer(module)) is not None:
            return example
    raise ValueError(
        "the net's first layer does not show what it takes; give an example, such as "
        "torch.randn(1, 3, 224, 224)"
    )


def _for_layer(module: nn.Module) -> Tensor | None:
    match module:
        case nn.Embedding():
            return torch.randint(module.num_embeddings, (1, TOKENS))
        case _ConvNd():
            dimensions = len(module.kernel_size)
            side = SIDE if dimensions < 3 else 16
            return torch.randn(1, module.in_channels, *[side] * dimensions)
        case nn.MultiheadAttention():
            return torch.randn(1, TOKENS, module.embed_dim)
        case nn.Linear():
            return torch.randn(2, module.in_features)
        case nn.RNNBase():
            return torch.randn(1, TOKENS, module.input_size)
    return None
