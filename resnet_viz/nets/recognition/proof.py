"""Proof that a module computes what a configuration says: the same output from the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isnan, prod

import torch
from torch import Tensor, nn
from torch.func import functional_call

from resnet_viz.nets.layers import StochasticDepth
from resnet_viz.nets.network import ResNet
from resnet_viz.nets.passes import eval_mode
from resnet_viz.nets.recognition.guess import UnlikeError
from resnet_viz.nets.stored_weights.state_dicts import COUNTER

TOLERANCE = 1e-4
"""Of the outputs' spread. Float32 leaves 1e-6; GELU by its tanh formula differs by 1e-3."""
_MOST_ROUNDING = 0.1
_IMAGES = 2
_LARGE_SIZES = (65, 224)
"""Pixels a side for nets whose stem halves; a net may run on one size alone."""
HEAD_KEYS = frozenset(("head.linear.weight", "head.linear.bias"))


class Proof:
    """The output of a module whose weights are drawn anew for it, to be compared with ours.

    All weights are drawn, so that a norm that starts at 0 hides no branch. The module, its weights
    and torch's random numbers stay as they are.

    Args:
        module: anyone's net.
        names: its name for each key of our net.
        like: our net, on the meta device, whose shapes the weights have.
    """

    def __init__(self, module: nn.Module, names: Mapping[str, str], like: ResNet) -> None:
        self._has_head = names.keys() >= HEAD_KEYS
        drawn = _drawn(like).items()
        self._weights = {key: t for key, t in drawn if self._has_head or key not in HEAD_KEYS}
        own = module.state_dict()
        self._module = module
        self._theirs = theirs = {
            name: self._weights[key].reshape(own[name].shape) for key, name in names.items()
        }
        channels = like.config.in_channels
        for size in (32,) if like.config.stem == "cifar" else _LARGE_SIZES:
            self._images = _images(channels, size)
            try:
                self._expected = self._pooled(_output(module, theirs, self._images))
            except Exception as error:  # anyone's forward raises what it likes  # noqa: BLE001
                problem = error
            else:
                return
        raise UnlikeError(
            f"the module does not run on {_IMAGES} images of {channels} x {size} x {size}: "
            f"{' '.join(str(problem).split())[:200]}"
        ) from problem

    def error(self, ours: ResNet) -> float:
        """The largest difference of the outputs over their spread; inf where they have not the
        same shape."""
        if not self._has_head:
            del ours.head.linear
        output = _output(ours, self._weights, self._images)
        error = _difference(output, self._expected)
        if not TOLERANCE < error < _MOST_ROUNDING:
            return error
        # A hundred blocks make the rounding of float32 larger: float64 tells it from a difference.
        ours_64, theirs_64 = (
            _output(net, {name: _wide(t) for name, t in weights.items()}, _wide(self._images))
            for net, weights in ((ours, self._weights), (self._module, self._theirs))
        )
        return _difference(ours_64, self._pooled(theirs_64))

    def _pooled(self, output: Tensor) -> Tensor:
        """Logits, or the features that would go into a classifier."""
        if output.ndim == 4 and not self._has_head:
            return output.mean((2, 3))
        return output


def _difference(output: Tensor, expected: Tensor) -> float:
    """The largest difference over the spread; inf for another shape, or numbers that are none."""
    if output.shape != expected.shape:
        return inf
    error = float((output - expected).abs().max() / (expected.std() + 1e-30))
    return inf if isnan(error) else error


def _wide(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def _images(channels: int, size: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(_IMAGES, channels, size, size, generator=generator, device="cpu")


@torch.no_grad()
def _drawn(like: ResNet) -> dict[str, Tensor]:
    """Weights under our names. Statistics of batch norms are those of the images, so that signals
    neither vanish nor explode in a deep net."""
    generator = torch.Generator().manual_seed(0)
    blocks = sum(like.config.depths) if like.config.shortcut != "none" else 1
    state: dict[str, Tensor] = {}
    for key, tensor in like.state_dict().items():
        if key.endswith(COUNTER):
            state[key] = torch.zeros((), dtype=torch.int64, device="cpu")
            continue
        numbers = torch.randn(tensor.shape, generator=generator, device="cpu")
        if tensor.ndim > 1:
            numbers *= (2 / prod(tensor.shape[1:])) ** 0.5
            # Without norm each block adds to the variance.
            numbers *= blocks**-0.25 if like.config.norm == "none" else 1
        elif key.endswith(("running_mean", "running_var")):
            numbers = torch.full_like(numbers, float(key.endswith("var")))
        else:
            numbers = numbers * 0.2 + float(key.endswith((".weight", ".alpha")))
        state[key] = numbers
    _measure_statistics(like, state)
    return state


def _measure_statistics(like: ResNet, state: dict[str, Tensor]) -> None:
    like.train()
    for module in like.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
        elif isinstance(module, nn.Dropout | StochasticDepth):
            module.eval()
    size = 32 if like.config.stem == "cifar" else _LARGE_SIZES[0]
    functional_call(like, state, (_images(like.config.in_channels, size),))


@torch.no_grad()
def _output(module: nn.Module, weights: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """The logits of a net in evaluation with other weights."""
    # Fixed filters, such as a blur's, are buffers that no state dict has.
    fixed = {
        name: tensor.to(images.dtype)
        for name, tensor in module.named_buffers()
        if tensor.is_floating_point()
    }
    with eval_mode(module):
        output = functional_call(module, fixed | dict(weights), (images,))
    # transformers' nets give several things, by name.
    for name in ("logits", "pooler_output"):
        output = getattr(output, name, output)
    if not isinstance(output, Tensor):
        raise TypeError(f"its output is {type(output).__name__}; allowed: a tensor of logits")
    return output.to(torch.promote_types(output.dtype, torch.float32))
