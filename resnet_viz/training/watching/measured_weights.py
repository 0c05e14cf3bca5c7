"""The weights of any torch.nn.Module that are measured: kernels and matrices, by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.nn.parameter import UninitializedParameter
from torch.nn.utils.parametrize import is_parametrized

from resnet_viz.traced.data_graph import is_matrix

NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
_LAYERS = (_ConvNd, nn.Linear, nn.Bilinear, nn.Embedding, nn.EmbeddingBag)
_WITH_MATRICES = (*_LAYERS, nn.MultiheadAttention, nn.RNNBase)
# What `torch.nn.utils` calls the trained part of a weight that it computes anew for each pass.
_COMPUTED_FROM = ("weight", "weight_v", "weight_orig")


class Weight(NamedTuple):
    """A layer's `name`, and the paths of its parameter and of the module that uses it."""

    name: str
    parameter: str
    module: str


def unwrapped(model: nn.Module) -> nn.Module:
    """The model in its wrappers: DataParallel's, DistributedDataParallel's, torch.compile's."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, DataParallel | DistributedDataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def weights_in(model: nn.Module) -> list[Weight]:
    """The weights of the layers, as the modules are listed, frozen ones included.

    Layers are convolutions, linear layers, embeddings, recurrent ones, attention's projections, and
    any other module without children that holds matrices. A layer with one matrix has the path of
    its module as its name, and others that of the parameter. Where a weight is computed from
    others (weight_norm, spectral_norm), it is the matrix that is trained.
    """
    return [weight for path, module in model.named_modules() for weight in _own(path, module)]


def unmeasured_in(model: nn.Module) -> list[str]:
    """The paths of the parameters that have the shape of a weight and belong to no layer."""
    measured = {weight.parameter for weight in weights_in(model)}
    inside = tuple(
        f"{path}." if path else ""
        for path, module in model.named_modules()
        if isinstance(module, _WITH_MATRICES) or _is_leaf(module)
    )
    return [
        name
        for name, parameter in model.named_parameters()
        if name not in measured
        and (isinstance(parameter, UninitializedParameter) or not name.startswith(inside))
        and is_matrix(parameter)
    ]


def _own(path: str, module: nn.Module) -> Iterator[Weight]:
    if isinstance(module, NORMS) or not (isinstance(module, _WITH_MATRICES) or _is_leaf(module)):
        return
    prefix = f"{path}." if path else ""
    own = {
        name: parameter
        for name, parameter in _trained(module).items()
        if not isinstance(parameter, UninitializedParameter)
        and parameter.is_floating_point()
        and (is_matrix(parameter) or (isinstance(module, _LAYERS) and name == "weight"))
    }
    names = {name.split(".")[1] if "." in name else name for name in own}
    for name in own:
        is_weight = len(names) == 1 and names <= {*_COMPUTED_FROM}
        short = name.split(".")[1] if "." in name else name.removesuffix("_weight")
        layer = path if is_weight and path else f"{prefix}{short}"
        yield Weight(layer, f"{prefix}{name}", path)


def _trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """A module's own parameters, and the largest of those that each weight is computed from."""
    own = {name: p for name, p in module._parameters.items() if p is not None}
    if is_parametrized(module):
        for name, parts in module.parametrizations.items():  # type: ignore[operator,union-attr]
            originals = {
                f"parametrizations.{name}.{part}": p
                for part, p in parts.named_parameters(recurse=False)
                if part.startswith("original")
            }
            if originals:
                largest = max(originals, key=lambda part: originals[part].numel())
                own[largest] = originals[largest]
    return own


def _is_leaf(module: nn.Module) -> bool:
    """Whether it has no children, but those that weights are computed with."""
    return all(name == "parametrizations" for name, _ in module.named_children())
