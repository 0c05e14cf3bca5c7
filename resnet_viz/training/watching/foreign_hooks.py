"""Where the points of activations sit in a net that is not of this project: found as it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from functools import partial

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from resnet_viz.training.hooks import OUR_BLOCKS, tap_block
from resnet_viz.training.passing import Give
from resnet_viz.training.probes import PutHook
from resnet_viz.training.watching.measured_weights import NORMS

_NONLINEARITIES = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU),
    *(nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid, nn.Softplus),
    *(nn.Sigmoid, nn.Tanh),
)


def responding_in(model: nn.Module) -> list[str]:
    """Paths of the 3x3 convolutions."""
    return [name for name, module in model.named_modules() if _is_3x3(module)]


def own_blocks_in(model: nn.Module) -> list[str]:
    """Paths of the blocks of this project's classes."""
    return [name for name, module in model.named_modules() if isinstance(module, OUR_BLOCKS)]


def tap_foreign(model: nn.Module, blocks: Iterable[str], give: Give) -> Iterator[PutHook]:
    """Hooks at the points of `blocks` and of the 3x3 convolutions of any model."""
    following = _Following(give)
    for path, module in model.named_modules():
        if _is_3x3(module):
            yield partial(module.register_forward_hook, partial(following.convolved, path))
        elif isinstance(module, NORMS):
            yield partial(module.register_forward_hook, following.normed)
        elif isinstance(module, _NONLINEARITIES):
            yield partial(module.register_forward_hook, following.activated)
    for block in blocks:
        yield from tap_block(block, model.get_submodule(block), give)


class _Following:
    """What follows a convolution is told by its input: the very tensor that came out before.

    A convolution's own output is given as its response until a norm takes it.
    """

    def __init__(self, give: Give) -> None:
        self._give = give
        self._layer_of: MutableMapping[Tensor, str] = WeakTensorKeyDictionary()

    def convolved(self, name: str, _: nn.Module, __: object, output: Tensor) -> None:
        self._layer_of[output] = name
        self._give("response", name, output)

    def normed(self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if inputs and (name := self._layer_of.get(inputs[0])):
            self._layer_of[output] = name
            self._give("response", name, output)

    def activated(self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if inputs and (name := self._layer_of.pop(inputs[0], None)):
            self._give("activation", name, output)


def _is_3x3(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)
