"""The multiply-accumulates of a step's forward passes, as the outputs of layers tell them, and how
often weights are therefore looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from resnet_viz.quantities.every import weights_every
from resnet_viz.training.hooks import at_output
from resnet_viz.training.probes import PutHook
from resnet_viz.training.watching.measured_weights import Weight

_LOOKED_UP = (nn.Embedding, nn.EmbeddingBag)


class Work:
    """What the layers of `model` that use `weights` do: each weight once for each position of each
    image. Looking a row up is no work."""

    def __init__(self, model: nn.Module, weights: Iterable[Weight]) -> None:
        self._parameters = sum(p.numel() for p in model.parameters())
        self._done = 0.0
        users = [(model.get_submodule(one.module), one.parameter) for one in weights]
        self._uses = [
            (module, model.get_parameter(parameter).numel())
            for module, parameter in users
            if not isinstance(module, _LOOKED_UP)
        ]

    def forget(self) -> None:
        """The next forward pass is the step's first."""
        self._done = 0.0

    def weights_every(self, images: int) -> int:
        """Steps from one look at the weights to the next. Of a compiled model it is not known that
        it does more than to use each weight once for each of its `images`."""
        return weights_every(self._parameters, max(self._done, self._parameters * images))

    def hooks(self) -> Iterator[PutHook]:
        """Hooks that count the next forward pass, too."""
        for module, weights in self._uses:
            axis = 1 if isinstance(module, _ConvNd) else -1
            yield at_output(module, partial(self._add, weights, axis))

    def _add(self, weights: int, axis: int, output: Tensor) -> None:
        if output.dim() and output.numel():
            self._done += weights * output.numel() / output.shape[axis]
