"""Loss and accuracy on whole sets of images, leaving no trace in training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from resnet_viz.arch.fields import ImageSize, height_and_width
from resnet_viz.experiments.run_fields import Precision
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.memory_format import memory_format
from resnet_viz.nets.passes import eval_mode
from resnet_viz.training.tensors import Images, portions
from resnet_viz.training.update.precision import autocast

MOST_IMAGES_AT_END, LEAST_IMAGES_AT_END = 1000, 250
"""Training images that the end is measured on, and as many held-out ones: no more than the run has
trained on, but at least so few. A run of one step of a very deep net is not to take minutes."""
SHARE_OF_STATISTICS = 0.5
"""Of them, those that batch norm's statistics are estimated on."""
_IMAGES_AT_ONCE, _PIXELS = 250, 32**2

Portion = tuple[Tensor, Tensor]
"""Images [n, C, H, W], normalised, and their labels [n]."""


def is_due(spec: RunSpec, step: int) -> bool:
    """Whether `step` is one of each `evaluate_every`, from the first on, or the last."""
    every = spec.evaluate_every
    return every > 0 and (step % every == 0 or step == spec.steps - 1)


def images_at_once(image_size: ImageSize, least: int = 1) -> int:
    """How many images go through a net together: 250 of 32 pixels a side, fewer larger ones.

    At least `least`, which are known to fit into memory with all that training keeps of them.
    """
    return max(
        least, min(_IMAGES_AT_ONCE, _IMAGES_AT_ONCE * _PIXELS // prod(height_and_width(image_size)))
    )


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
    with eval_mode(net), autocast(images.device, precision):
        return torch.cat([net(some).float() for some in torch.split(images, _IMAGES_AT_ONCE)])


def at_the_end(
    net: nn.Module, training: Images, held_out: Images | None, spec: RunSpec
) -> Sequence[Tensor]:
    """How `net` does after its last update: the numbers of `points.FINAL_NAMES`, on its device.

    In eval mode, with batch norm's statistics estimated anew on training images: they are the
    weights' own then, and do not lag behind them. The net is afterwards as it was, its running
    statistics too, and no random number is drawn.

    Args:
        net: a classifier of the images of `spec`.
        training: images that it was trained on; some are taken (`MOST_IMAGES_AT_END`), the same in
            every run.
        held_out: images that it was not; None where there are none.
        spec: says the images' size, the precision, and how many images fit into memory.
    """
    device = next(net.parameters()).device
    layout, size = memory_format(spec.adapted, device), spec.adapted.image_size
    at_once = images_at_once(size, spec.batch_size)

    def some(images: Images) -> Iterator[Portion]:
        for pixels, labels in portions(images, size, at_once):
            yield pixels.to(device, memory_format=layout), labels.to(device)

    count = max(LEAST_IMAGES_AT_END, min(MOST_IMAGES_AT_END, spec.steps * spec.batch_size))
    trained_on = training.first(count)
    estimation = (images for images, _ in some(trained_on.first(int(SHARE_OF_STATISTICS * count))))
    with statistics_of(net, estimation, spec.precision):
        own = _score(net, some(trained_on), spec.precision)
        if held_out is None:
            return [*own, *torch.full((4,), torch.nan, device=device)]
        return [*own, *_score(net, some(held_out.first(count)), spec.precision)]


@contextmanager
def statistics_of(
    net: nn.Module, portions: Iterable[Tensor], precision: Precision = "float32"
) -> Iterator[None]:
    """The net with batch norm's running statistics estimated on images, in place of its own.

    They are the means of each portion's, as large ones count for more; dropout and stochastic depth
    are off. What was there is put back afterwards, bit for bit: it is not touched.
    """
    norms = [m for m in net.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    kept = [(norm, dict(norm.named_buffers(recurse=False)), norm.momentum) for norm in norms]
    try:
        for norm, buffers, _ in kept:
            for name, buffer in buffers.items():
                setattr(norm, name, torch.zeros_like(buffer))
        if norms:
            _estimate(net, norms, portions, precision)
        yield
    finally:
        for norm, buffers, momentum in kept:
            norm.momentum = momentum
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)


@torch.no_grad()
def _estimate(
    net: nn.Module, norms: Sequence[_BatchNorm], portions: Iterable[Tensor], precision: Precision
) -> None:
    count = 0
    with eval_mode(net):
        for norm in norms:
            norm.train()
        for images in portions:
            count += len(images)
            for norm in norms:
                norm.momentum = len(images) / count  # a mean over all images so far
            with autocast(images.device, precision):
                net(images)


@torch.no_grad()
def _score(net: nn.Module, portions: Iterable[Portion], precision: Precision) -> Sequence[Tensor]:
    """Mean cross-entropy, its standard error, the share of right answers (one of NaN is wrong), and
    the number of images."""
    losses, right = [], []
    with eval_mode(net):
        for images, labels in portions:
            with autocast(images.device, precision):
                logits = net(images).float()
            losses.append(functional.cross_entropy(logits, labels, reduction="none"))
            right.append((logits.argmax(1) == labels) & ~logits.isnan().any(1))
    loss = torch.cat(losses)
    count, mean = len(loss), loss.mean()
    # Of one image 0 / 0: it has none.
    error = ((loss - mean).square().sum() / torch.full_like(mean, (count - 1) * count)).sqrt()
    return mean, error, torch.cat(right).float().mean(), torch.full_like(mean, count)
