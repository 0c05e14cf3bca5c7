"""A device that is not there: its tensors are computed on the CPU, and what is asked is watched.

As on Apple's GPUs there is no float64 on it (but for single numbers: PyTorch's GradScaler makes one
where the device is not MPS). What makes the host wait for a device is counted: a
number read (`item`, `if tensor`), a copy to the host, and whatever has a shape that depends on
values. It registers PyTorch's one free device type (torch.utils.backend_registration), with a
tensor class that wraps a CPU tensor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pretend"
_aten = torch.ops.aten
_READS = (_aten._local_scalar_dense.default, _aten.equal.default, _aten.is_nonzero.default)
_SHAPED_BY_VALUES = (_aten.nonzero.default, _aten.masked_select.default, _aten._unique2.default)
_OVERRIDABLE = {
    _aten.convolution_overrideable.default: _aten.convolution.default,
    _aten.convolution_backward_overrideable.default: _aten.convolution_backward.default,
}
_REFUSED = (torch.float64, torch.complex128)
_KEPT: list[torch.library.Library] = []


class OnDevice(Tensor):
    """A tensor on the device; `held` is its CPU tensor."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnDevice:
        if held.dtype in _REFUSED and held.numel() > 1:
            raise TypeError("there is no float64 on this device")
        made: OnDevice = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=torch.device(NAME, 0),
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError("the device is used outside `device()`")


class Watch(TorchDispatchMode):
    """Carries out what is asked of the device; `waits` counts what the host waits for, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        asked = kwargs.get("device")
        is_ours = any(isinstance(one, OnDevice) for one in _tensors((args, kwargs)))
        goes_there = asked is not None and torch.device(asked).type == NAME
        if not is_ours and not goes_there:
            return func(*args, **kwargs)
        if goes_there:
            kwargs["device"] = torch.device("cpu")
        leaves = asked is not None and not goes_there
        self._count(func, args, leaves=leaves)
        held = tree_map_only(OnDevice, lambda one: one.held, (args, kwargs))
        out = _OVERRIDABLE.get(func, func)(*held[0], **held[1])
        if func is _aten._to_copy.default and out is held[0][0]:
            out = out.clone()
        if func is _aten.copy_.default and not isinstance(args[0], OnDevice):
            return args[0]
        if leaves:
            return out
        wrapped = tree_map_only(Tensor, OnDevice, out)
        return return_and_correct_aliasing(func, args, kwargs, wrapped)

    def _count(self, func: Any, args: Any, *, leaves: bool) -> None:
        to_host = func is _aten.copy_.default and not isinstance(args[0], OnDevice)
        by_mask = "index" in func.__name__ and any(
            one.dtype in (torch.bool, torch.uint8) for one in _tensors(args[1:2])
        )
        waits = leaves or to_host or by_mask or func in _READS or func in _SHAPED_BY_VALUES
        if waits:
            self.waits[str(func)] += 1


def _tensors(tree: Any) -> list[Tensor]:
    found: list[Tensor] = []
    tree_map_only(Tensor, found.append, tree)
    return found


@contextmanager
def device() -> Iterator[tuple[torch.device, Watch]]:
    """The device, and what is counted of it.

    Backward runs in the calling thread: the engine's own threads are for devices that were there
    when it began. A module that is moved gets new parameters: of one that took over another's
    memory the tensor held would be the old one.
    """
    _register()
    overwrites = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with torch.autograd.set_multithreading_enabled(False), Watch() as watch:
            yield torch.device(NAME, 0), watch
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(overwrites)


@lru_cache(maxsize=1)
def _register() -> None:
    module = ModuleType(NAME)
    module.__dict__.update(
        is_available=lambda: True,
        is_initialized=lambda: True,
        device_count=lambda: 1,
        current_device=lambda: 0,
        get_amp_supported_dtype=lambda: [torch.float16, torch.bfloat16],
        _is_in_bad_fork=lambda: False,
        manual_seed_all=lambda seed: None,
    )
    _setup_privateuseone_for_python_backend(NAME, backend_module=module)
    library = torch.library.Library("_", "IMPL")
    library.fallback(torch.library.fallthrough_kernel, dispatch_key="AutocastPrivateUse1")
    _KEPT.append(library)
