"""A net's forward pass with activation checkpointing: less memory for one more forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from resnet_viz.arch.plan import plan
from resnet_viz.arch.segments import segments
from resnet_viz.nets.network import ResNet

Forward = Callable[[Tensor], Tensor]


def checkpointed(net: ResNet) -> Forward:
    """The forward pass of `net`, keeping for backward only what `arch.segments` says.

    It computes the same numbers: a segment runs again with the same random numbers, and batch
    norm's running statistics are updated the first time alone. The last segment is not cut off,
    since backward begins with it.
    """
    *first, last = [
        nn.Sequential(*map(net.get_submodule, segment.paths))
        for segment in segments(plan(net.config))
    ]
    steps: list[Forward] = [*map(_twice, first), last, net.head]

    def forward(images: Tensor) -> Tensor:
        out = images
        for step in steps:
            out = step(out)
        return out

    return forward


def _twice(module: nn.Module) -> Forward:
    """`module`'s forward, to be run again in backward instead of keeping what it computes."""
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    # A function defined here instead of a partial would be more than torch.compile takes.
    contexts = partial(_contexts, norms)
    return partial(checkpoint, module, use_reentrant=False, context_fn=contexts)


def _contexts(
    norms: list[_BatchNorm],
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Around the first run, and around the second."""
    return nullcontext(), _statistics_at_rest(norms)


@contextmanager
def _statistics_at_rest(norms: list[_BatchNorm]) -> Iterator[None]:
    """Training-mode batch norm that updates copies of its running statistics.

    A momentum of 0 would make NaN of those that are inf; none at all, and autograd would keep
    fewer tensors than the first time, which `checkpoint` refuses.
    """
    kept = [dict(norm.named_buffers()) for norm in norms]
    for norm, buffers in zip(norms, kept, strict=True):
        for name, buffer in buffers.items():
            setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept, strict=True):
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)
