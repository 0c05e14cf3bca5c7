"""The number formats that a run computes in: TensorFloat-32, autocast, and scaled losses."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from resnet_viz.experiments.run_fields import Precision
from resnet_viz.experiments.spec_rules import check_precision

_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[None]:
    """What a forward pass runs in: autocast for the 16-bit formats, else nothing."""
    dtype = _HALF.get(precision)
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)


def prepare(device: torch.device, precision: Precision) -> None:
    """Set whether CUDA may round float32 products to TensorFloat-32 in this process.

    PyTorch lets convolutions do so by default, and matrix products not; "float32" is float32 here.

    Raises:
        ValueError: where the device cannot compute in `precision`.
    """
    check_precision(precision, device.type)
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
