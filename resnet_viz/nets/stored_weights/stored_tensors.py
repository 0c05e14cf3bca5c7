"""Tensors in files: shape and type are known before the numbers are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from resnet_viz.nets.stored_weights.pickle_values import Made, Named

_CALLED_TENSOR = "torch._utils._rebuild_tensor"
_WRAPPERS = {
    "torch._utils._rebuild_parameter": 0,
    "torch._utils._rebuild_parameter_with_state": 0,
    "torch.nn.parameter.Parameter": 0,
}
"""What is made of a tensor, and which of its arguments that is."""
_NOT_DENSE = {
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils._rebuild_nested_tensor": "a nested tensor",
    "torch._utils._rebuild_qtensor": "a quantised tensor",
    "torch._utils._rebuild_meta_tensor_no_storage": "a tensor of the meta device",
    "torch._utils._rebuild_wrapper_subclass": "a distributed tensor",
    "torch.distributed.tensor.DTensor": "a distributed tensor",
}
_STORAGES = {
    "Float": torch.float32,
    "Double": torch.float64,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexFloat": torch.complex64,
    "ComplexDouble": torch.complex128,
}
_MOST_DIMENSIONS = 32
_ARRAYS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1")


class Storage(NamedTuple):
    """A storage: how to read its numbers, and their type (None: unknown)."""

    dtype: torch.dtype | None
    read: Callable[[], bytearray]


FindStorage = Callable[[object], Storage]
"""The storage that a pickle's value stands for; a ValueError where it is none."""


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """A tensor in a file. `dtype` is None unless it is a dense tensor: `kind` says what it is."""

    shape: tuple[int, ...]
    dtype: torch.dtype | None
    read: Callable[[], Tensor]
    kind: str = "a tensor"

    @property
    def words(self) -> str:
        """The kind in words, such as "a sparse tensor" or "a tensor of int8"."""
        named = str(self.dtype).removeprefix("torch.")
        return self.kind if self.dtype is None else f"{self.kind} of {named}"

    @property
    def is_real(self) -> bool:
        """Whether it holds real numbers, as weights do."""
        return self.dtype is not None and self.dtype.is_floating_point


def stored_in(value: object, find: FindStorage) -> Stored | None:
    """The tensor or numpy array behind a pickle's value; None if it is something else.

    Raises:
        ValueError: where it is one, but damaged.
    """
    for _ in range(4):  # a parameter of a tensor of a subclass of tensors
        if not isinstance(value, Made):
            return None
        if value.kind in _NOT_DENSE:
            return Stored((), None, _never, _NOT_DENSE[value.kind])
        if value.kind in ("torch._utils._rebuild_tensor_v2", _CALLED_TENSOR):
            return _tensor(value.args, None, find)
        if value.kind == "torch._utils._rebuild_tensor_v3":
            return _tensor(value.args, value.args[6], find)
        if value.kind.endswith("._reconstruct") and value.kind.startswith("numpy"):
            return _array(value)
        value = _unwrapped(value)
    return None


def _unwrapped(value: Made) -> object:
    if value.kind == "torch._tensor._rebuild_from_type_v2" and len(value.args) > 2:
        called, args = value.args[0], value.args[2]
        if isinstance(called, Named) and isinstance(args, tuple):
            return Made(called.name, args)
    place = _WRAPPERS.get(value.kind)
    return None if place is None or not value.args else value.args[place]


def _never() -> Tensor:
    raise AssertionError("a tensor that is not dense was read")


def _tensor(args: Sequence[object], dtype: object, find: FindStorage) -> Stored:
    storage, offset, shape, strides = args[:4]
    if not (type(offset) is int and offset >= 0):
        raise ValueError("a tensor without a place in its storage")
    sizes, steps = _counts(shape), _counts(strides)
    if len(sizes) != len(steps):
        raise ValueError("a shape that does not go with its strides")
    source = find(storage)
    kind = source.dtype if dtype is None else _dtype_named(dtype)
    if kind is None:
        return Stored(sizes, None, _never, "a tensor of an unknown type")

    def read() -> Tensor:
        data = source.read()
        last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
        if not prod(sizes):
            return torch.empty(sizes, dtype=kind)
        if (last + 1) * kind.itemsize > len(data):
            raise ValueError("a tensor beyond its storage")
        flat = torch.frombuffer(data, dtype=kind, count=len(data) // kind.itemsize)
        # Not the storage's other tensors with it.
        return flat.as_strided(sizes, steps, offset).clone(memory_format=torch.contiguous_format)

    return Stored(sizes, kind, read)


def _counts(numbers: object) -> tuple[int, ...]:
    if isinstance(numbers, Made) and numbers.args:  # torch.Size
        (numbers,) = numbers.args
    if not isinstance(numbers, tuple | list) or len(numbers) > _MOST_DIMENSIONS:
        raise ValueError("a shape that is none")
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
        raise ValueError("a shape that is none")
    return tuple(numbers)


def dtype_of_storage(named: Named) -> torch.dtype | None:
    """The type of a storage, such as float32 of torch.FloatStorage; None if its bytes can be of any
    type."""
    return _STORAGES.get(named.name.rpartition(".")[2].removesuffix("Storage"))


def _dtype_named(named: object) -> torch.dtype | None:
    if not isinstance(named, Named):
        return None
    dtype = getattr(torch, named.name.removeprefix("torch."), None)
    return dtype if isinstance(dtype, torch.dtype) else None


def _array(pickled: Made) -> Stored:
    """A numpy array: its state is (version, shape, type, whether columns come first, bytes)."""
    if not (isinstance(pickled.state, tuple) and len(pickled.state) == 5):
        raise ValueError("an array that is none")
    _, shape, described, is_fortran, data = pickled.state
    sizes, code = _counts(shape), _array_code(described)
    data = _bytes(data)
    if code is None or data is None:
        return Stored(sizes, None, _never, "an array of something else than numbers")
    kind = np.dtype(f"<{code}")

    def read() -> Tensor:
        flat = np.frombuffer(bytearray(data), kind)
        return torch.from_numpy(flat.reshape(sizes, order="F" if is_fortran else "C"))

    return Stored(sizes, torch.from_numpy(np.empty(0, kind)).dtype, read)


def _array_code(described: object) -> str | None:
    """Such as "f4", of numpy.dtype("f4") whose state begins with a version and "<"."""
    if not (isinstance(described, Made) and described.args):
        return None
    code, state = described.args[0], described.state
    is_little = isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", "|")
    return code if isinstance(code, str) and code in _ARRAYS and is_little else None


def _bytes(data: object) -> bytes | None:
    """Protocol 2 writes bytes as text with one character for each."""
    if isinstance(data, Made) and data.kind == "_codecs.encode" and data.args:
        (data, *_) = data.args
    if isinstance(data, str):
        return data.encode("latin-1")
    return bytes(data) if isinstance(data, bytes | bytearray) else None
