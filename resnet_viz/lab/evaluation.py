"""Loss and accuracy on images that training does not see, leaving no trace in training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_viz.lab.precision import autocast
from resnet_viz.lab.spec import Precision, RunSpec

_IMAGES_AT_ONCE = 250


def is_due(spec: RunSpec, step: int) -> bool:
    """Whether `step` is one of each `evaluate_every`, from the first on, or the last."""
    every = spec.evaluate_every
    return every > 0 and (step % every == 0 or step == spec.steps - 1)


@torch.no_grad()
def answers(net: nn.Module, images: Tensor, precision: Precision = "float32") -> Tensor:
    """The logits [N, classes] of `net` in eval mode, float32.

    Batch norm uses its running statistics and leaves them as they are; modes are put back, and no
    random number is drawn by dropout or stochastic depth. Early in training the running statistics
    lag behind the net (momentum 0.1 a step), which is then worse here than on its minibatches.

    Args:
        net: any classifier of `images`, on their device.
        images: [N, C, H, W], normalised.
        precision: as in `RunSpec`.
    """
    with _eval_mode(net), autocast(images.device, precision):
        return torch.cat([net(some).float() for some in torch.split(images, _IMAGES_AT_ONCE)])


@contextmanager
def _eval_mode(net: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
