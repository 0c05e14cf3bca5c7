"""State dicts in files: where the weights of a net are, and under which names.

All tensors of a file stand under one path each, such as "state_dict.module.conv1.weight" or, of a
whole network that was pickled, "model.layer1.0.bn1.bias". Envelopes and prefixes are then the same:
what stands before the names of the net.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from resnet_viz.nets.stored_weights.layer_names import HEAD, named, parts, templates
from resnet_viz.nets.stored_weights.pickle_values import Made, TooManyStepsError
from resnet_viz.nets.stored_weights.stored_tensors import Stored

_DEEPEST = 16
_LONGEST_NAME = 300
_MOST_CHARACTERS = 20_000_000
_MOST_PREFIXES = 8
_MOST_TRIED = 16
"""Of a part's layers; deep nets have thousands that are called alike."""
AVERAGES = ("ema", "average", "swa", "teacher", "target", "momentum", "encoder_k", "key", "optim")
"""In the names of what stands beside the net that was trained; it is taken where both fit."""
COUNTER = "num_batches_tracked"
"""Of batch norm, since PyTorch 0.4.1; nothing that is computed in evaluation depends on it."""
_NO_WEIGHTS = (COUNTER, "total_ops", "total_params")
"""Buffers that say nothing of the net: of batch norm, and of those who count operations."""


def tensors_in(value: object, stored: Callable[[object], Stored | None]) -> Mapping[str, Stored]:
    """All tensors in the value of a file, by their paths; each container is searched once.

    Raises:
        ValueError: where a tensor is damaged.
        TooManyStepsError: where the paths are longer together than those of any net.
    """
    tensors: dict[str, Stored] = {}
    for path, part in _walk(value, lambda part: stored(part) is None):
        tensor = stored(part)
        if tensor is not None:
            tensors[path] = tensor
    return tensors


def walk(value: object) -> Iterator[object]:
    """All values in the value of a file, outer ones first."""
    return (one for _, one in _walk(value, lambda _: True))


def _walk(value: object, is_open: Callable[[object], bool]) -> Iterator[tuple[str, object]]:
    """All values with their paths; what is in one comes where it `is_open`, and once."""
    opened: set[int] = set()
    waiting: deque[tuple[str, object, int]] = deque([("", value, 0)])
    characters = 0
    while waiting:
        path, current, depth = waiting.popleft()
        yield path.removesuffix("."), current
        if id(current) in opened or depth > _DEEPEST or not is_open(current):
            continue
        opened.add(id(current))
        for name, part in _parts_of(current):
            if len(str(name)) <= _LONGEST_NAME:
                characters += len(path) + len(str(name))
                waiting.append((f"{path}{name}.", part, depth + 1))
        if characters > _MOST_CHARACTERS:
            raise TooManyStepsError


def _parts_of(value: object) -> Iterator[tuple[object, object]]:
    """What is in a container that can hold tensors, by name or number."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from ((n, one) for n, one in enumerate(value) if isinstance(one, _CONTAINERS))
    elif isinstance(value, Made):
        yield from value.items.items()
        yield from _parts_of_object(value)


_CONTAINERS = (dict, list, tuple, Made, Stored)


def _parts_of_object(pickled: Made) -> Iterator[tuple[object, object]]:
    """Of a pickled nn.Module its parameters, buffers and modules; else its attributes."""
    state = (
        pickled.state[0] if isinstance(pickled.state, tuple) and pickled.state else pickled.state
    )
    if not isinstance(state, dict):
        if pickled.kind == "collections.OrderedDict" and pickled.args:  # as Python 2 wrote it
            pairs = pickled.args[0] if isinstance(pickled.args[0], list) else []
            yield from (
                (pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2
            )
        return
    if "_parameters" not in state or "_modules" not in state:
        yield from state.items()
        return
    unsaved = state.get("_non_persistent_buffers_set")
    for kind in ("_parameters", "_buffers", "_modules"):
        for name, part in _parts_of(state.get(kind)):
            if not (isinstance(unsaved, list) and name in unsaved):
                yield name, part


@dataclass(frozen=True)
class Reading:
    """The reading of a file's tensors as those of a net.

    `prefix` stands before the net's names in the file; `names` has the file's path for each key of
    the net that it has, and `expected` what the file would call the others, by the `templates` of
    the parts that it has. `left` are the paths under the prefix that the net has no place for,
    `beside` all others in the file.
    """

    prefix: str
    names: Mapping[str, str]
    expected: Mapping[str, str]
    templates: Mapping[str, str]
    left: Sequence[str]
    beside: Sequence[str]


def read_names(tensors: Mapping[str, Stored], own: Mapping[str, Tensor]) -> Reading:
    """The reading under which most of the file's tensors fit the net."""
    leaves: dict[str, list[str]] = {}
    for key in own:
        path, _, leaf = key.rpartition(".")
        leaves.setdefault(path, []).append(leaf)
    prefixes = _prefixes(tensors, tuple(leaves))
    readings = [_Under(prefix, tensors, own, leaves).read() for prefix in prefixes]

    def merit(reading: Reading) -> tuple[int, int, int, int]:
        fitting = sum(fits(tensors[name], own[key]) for key, name in reading.names.items())
        is_average = any(word in reading.prefix.lower() for word in AVERAGES)
        return fitting, len(reading.names), not is_average, -len(reading.left)

    return max(readings, key=merit)


def fits(tensor: Stored, own: Tensor) -> bool:
    """Whether a tensor has the shape of ours; a linear layer may also be a 1x1 convolution."""
    is_number = tensor.is_real or (tensor.dtype is not None and not own.is_floating_point())
    is_wide = own.ndim == 2 and tensor.shape[2:] == (1, 1)
    shape = tensor.shape[:2] if is_wide else tensor.shape
    return is_number and shape == tuple(own.shape)


def _prefixes(tensors: Mapping[str, Stored], paths: Sequence[str]) -> Sequence[str]:
    """What may stand before the net's names: before what could be its first layers, or its last.

    The few that stand before most names that are looked for; "" where there is none.
    """
    counts: Counter[str] = Counter({"": 0})
    weights = [name for name in tensors if name.endswith(".weight")]
    for path in _first_and_last(paths):
        (part,) = parts([path])
        ends = {f"{named(template, path)}.weight" for template in templates(part)}
        before = {name[: -len(end)] for end in ends for name in weights if name.endswith(end)}
        counts.update(prefix for prefix in before if prefix[-1:] in ("", "."))
    return [prefix for prefix, _ in counts.most_common(_MOST_PREFIXES)]


def _first_and_last(paths: Sequence[str]) -> Iterator[str]:
    """A few layers that all nets have: the stem's, convolutions of the first and last block."""
    yield from [path for path in paths if path.startswith("stem.")][:2]
    convolutions = [path for path in paths if ".branch.conv" in path]
    yield from convolutions[:2]
    yield from convolutions[-1:]
    yield from [path for path in paths if path.startswith("head.")]


@dataclass(frozen=True)
class _Under:
    """A search for the names of the net under one prefix."""

    prefix: str
    tensors: Mapping[str, Stored]
    own: Mapping[str, Tensor]
    leaves: Mapping[str, Sequence[str]]

    def read(self) -> Reading:
        names: dict[str, str] = {}
        expected: dict[str, str] = {}
        chosen: dict[str, str] = {}
        for part, members in parts(self.leaves).items():
            before, template = self._best(part, members)
            count_before = len(names)
            for path in members:
                called = named(template, path)
                for leaf in self.leaves[path]:
                    expected[f"{path}.{leaf}"] = f"{called}.{leaf}"
                    if f"{before}{called}.{leaf}" in self.tensors:
                        names[f"{path}.{leaf}"] = f"{before}{called}.{leaf}"
            if len(names) > count_before:
                chosen[part] = template
        names |= self._only_other_layer(names)
        used = set(names.values())
        others = _telling([name for name in self.tensors if name not in used])
        left = [name for name in others if name.startswith(self.prefix)]
        beside = [name for name in others if not name.startswith(self.prefix)]
        return Reading(self.prefix, names, expected, chosen, left, beside)

    def _best(self, part: str, members: Sequence[str]) -> tuple[str, str]:
        """The prefix and the template under which most tensors of a part are there and fit.

        The classifier may stand beside the net that computes its features.
        """

        def merit(place: tuple[str, str]) -> tuple[int, int]:
            before, template = place
            pairs = [
                (self.tensors[name], self.own[f"{path}.{leaf}"])
                for path in members
                for leaf in self.leaves[path]
                if (name := f"{before}{named(template, path)}.{leaf}") in self.tensors
            ]
            return sum(fits(tensor, mine) for tensor, mine in pairs), len(pairs)

        members = members[:: -(-len(members) // _MOST_TRIED)]
        befores = [self.prefix, *(_outer(self.prefix) if part == HEAD else ())]
        return max(((before, t) for before in befores for t in templates(part)), key=merit)

    def _only_other_layer(self, names: Mapping[str, str]) -> Mapping[str, str]:
        """The classifier under any name: where the net lacks it alone and it alone is left."""
        wanted = {f"{HEAD}.weight", f"{HEAD}.bias"}
        missing = {key for key in self.own if key not in names and not key.endswith(COUNTER)}
        used = set(names.values())
        under = [name for name in self.tensors if name.startswith(self.prefix)]
        left = set(_telling([name for name in under if name not in used]))
        layers = {name.rpartition(".")[0] for name in left}
        if missing != wanted or len(layers) != 1:
            return {}
        (layer,) = layers
        renamed = {key: f"{layer}.{key.rpartition('.')[2]}" for key in wanted}
        return renamed if set(renamed.values()) == left else {}


def _outer(prefix: str) -> Iterator[str]:
    """Of "a.b.": "a." and ""."""
    while prefix:
        prefix = prefix[:-1].rpartition(".")[0]
        prefix = f"{prefix}." if prefix else ""
        yield prefix


def _telling(names: Sequence[str]) -> Sequence[str]:
    """Without counters, but for those of a layer that other tensors are left of."""
    layers = {name.rpartition(".")[0] for name in names if not name.endswith(_NO_WEIGHTS)}
    return [n for n in names if not n.endswith(_NO_WEIGHTS) or n.rpartition(".")[0] in layers]
