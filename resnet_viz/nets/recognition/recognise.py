"""Recognition: the configuration of anyone's module or file of weights, proved or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path

from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import label
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.recognition.guess import Hints, UnlikeError, guesses
from resnet_viz.nets.recognition.layout import layouts
from resnet_viz.nets.recognition.module_hints import hints_of, unlike_layer
from resnet_viz.nets.recognition.proof import HEAD_KEYS, TOLERANCE, Proof
from resnet_viz.nets.stored_weights.misfits import Misfit, how_read
from resnet_viz.nets.stored_weights.state_dicts import COUNTER, Reading, fits, read_names
from resnet_viz.nets.stored_weights.stored_tensors import Stored
from resnet_viz.nets.stored_weights.torch_files import RefusedError
from resnet_viz.nets.stored_weights.weight_files import Limits, open_weights
from resnet_viz.text import printable

_LIMITS = Limits(tensors=16_000_000_000, steps=2_000_000)
"""Of a file whose net is not known yet; only names and shapes are read."""
NO_CLASSIFIER = "It has no classifier, so the number of classes is the default"
_NOT_SAID = (
    "Only names and shapes were compared: strides, activations and shortcuts without weights are "
    "assumed to be the usual ones"
)


@dataclass(frozen=True)
class Recognised:
    """The configuration of a file of weights, and how the file was read, in sentences."""

    config: ResNetConfig
    reading: tuple[str, ...]


@dataclass(frozen=True)
class _Match:
    """A configuration held against tensors: its net, and where each of the tensors lands."""

    ours: ResNet
    own: Mapping[str, Tensor]
    tensors: Mapping[str, Stored]
    reading: Reading

    @property
    def missing(self) -> set[str]:
        return {
            key for key in self.own if key not in self.reading.names and not key.endswith(COUNTER)
        }

    @property
    def wrong(self) -> list[str]:
        names = self.reading.names
        return [key for key in names if not fits(self.tensors[names[key]], self.own[key])]

    @property
    def is_whole(self) -> bool:
        """Whether every tensor lands and none is left; the classifier alone may be missing."""
        has_all = not self.missing or self.missing == HEAD_KEYS
        return has_all and not self.wrong and not self.reading.left

    @property
    def merit(self) -> int:
        return len(self.reading.names) - 2 * len(self.wrong) - len(self.reading.left)

    def misfit(self) -> str:
        """The first thing that does not fit, in words."""
        names = self.reading.names
        if self.wrong:
            key = self.wrong[0]
            shapes = list(self.tensors[names[key]].shape), list(self.own[key].shape)
            return f"{names[key]} has the shape {shapes[0]}; allowed in it: {shapes[1]}"
        if self.reading.left:
            more = len(self.reading.left) - 1
            others = f" (and {more} more)" if more else ""
            return f"{self.reading.left[0]}{others} has no place in it"
        key = min(self.missing)
        return f"{self.reading.expected.get(key, key)} is missing"


def from_model(module: nn.Module) -> ResNetConfig:
    """The configuration of a module; see `ResNetConfig.from_model`."""
    if not isinstance(module, nn.Module):
        raise ValueError(f"module = {type(module).__name__} is not a torch.nn.Module")
    module = _unwrapped(module)
    tensors = {
        name: Stored(tuple(tensor.shape), tensor.dtype, partial(_same, tensor))
        for name, tensor in module.state_dict().items()
    }
    try:
        return _proved(module, tensors)
    except UnlikeError as error:
        raise ValueError(printable(f"{type(module).__name__}: {error}")) from error


def _proved(module: nn.Module, tensors: Mapping[str, Stored]) -> ResNetConfig:
    """The first configuration that computes what the module does."""
    proofs: dict[tuple[str, ...], Proof] = {}
    unlike, nearest = "", (inf, "")
    for match in _whole_matches(tensors, getattr(module, "config", None), hints_of(module)):
        names, net = match.reading.names, label(match.ours.config)
        if why := unlike_layer(module, match.ours, names, net):
            unlike = unlike or why
            continue
        landed = tuple(f"{key} {name}" for key, name in names.items())
        if landed not in proofs:
            proofs[landed] = Proof(module, names, match.ours)
        error = proofs[landed].error(match.ours)
        if error <= TOLERANCE:
            return match.ours.config
        nearest = min(nearest, (error, net))
    error, net = nearest
    raise UnlikeError(
        unlike
        if not net
        else f"its weights fit {net}, but its output differs from that net's by {error:.2g} of its "
        "spread; allowed: the pools, activations and orders of layers that a configuration can have"
    )


def from_checkpoint(path: str | Path) -> ResNetConfig:
    """The configuration of a file of weights; see `ResNetConfig.from_checkpoint`."""
    return recognise_file(Path(path)).config


def recognise_file(path: Path) -> Recognised:
    """The configuration of a file of weights, by names and shapes alone. No code in it is run.

    Raises:
        ValueError: one sentence, where it is no such file, or of no net that can be said.
    """
    with open_weights(path, _LIMITS) as held:
        tensors, said = held.tensors, _said(held.config)
        try:
            match = next(iter(_whole_matches(tensors, said, Hints())))
        except UnlikeError as error:
            raise RefusedError(printable(f"cannot be identified: {error}")) from error
        sentences = [*how_read(match.own, tensors, match.reading)]
        if match.missing:
            sentences.append(NO_CLASSIFIER)
        if match.ours.config != said:
            sentences.append(_NOT_SAID)
        return Recognised(match.ours.config, tuple(map(printable, sentences)))


def _said(text: str) -> ResNetConfig | None:
    try:
        return ResNetConfig.model_validate_json(text)
    except ValueError:
        return None


def _unwrapped(module: nn.Module) -> nn.Module:
    """Without DataParallel, DistributedDataParallel and torch.compile around it."""
    for name in ("_orig_mod", "module"):
        inner = getattr(module, name, None)
        if isinstance(inner, nn.Module) and len(list(module.children())) == 1:
            return _unwrapped(inner)
    return module


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _whole_matches(tensors: Mapping[str, Stored], said: object, hints: Hints) -> Iterator[_Match]:
    """The configurations under which every tensor lands and none is left.

    Raises:
        UnlikeError: where there is none; it says what does not fit the nearest.
    """
    best: _Match | None = None
    is_any = False
    readings: dict[tuple[object, ...], Reading] = {}
    for config in _candidates(tensors, said, hints):
        ours = build_resnet(config, "meta")
        own = ours.state_dict()
        shapes = tuple((key, tensor.shape) for key, tensor in own.items())
        if shapes not in readings:
            readings[shapes] = read_names(tensors, own)
        match = _Match(ours, own, tensors, readings[shapes])
        if match.is_whole:
            is_any = True
            yield match
        elif best is None or match.merit > best.merit:
            best = match
    if not is_any:
        assert best is not None
        causes = list(Misfit(best.own, tensors, best.reading).causes())
        first = f"{causes[0]}; " if causes and not best.wrong else ""
        raise UnlikeError(
            f"the nearest configuration is {label(best.ours.config)}, but {first}{best.misfit()}"
        )


def _candidates(
    tensors: Mapping[str, Stored], said: object, hints: Hints
) -> Iterator[ResNetConfig]:
    if isinstance(said, ResNetConfig):
        yield said
    found = False
    problem = "no residual blocks are found by the names of its layers"
    for layout in layouts(tensors):
        try:
            for config in guesses(layout, hints):
                found = True
                yield config
        except UnlikeError as error:
            if not found:
                problem = str(error)
        if found:
            return
    if not found and not isinstance(said, ResNetConfig):
        raise UnlikeError(problem)
