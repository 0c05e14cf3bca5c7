"""What a loss was multiplied by before backward: the scale of the program's own GradScaler."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakSet

from torch import Tensor
from torch.amp import GradScaler


class LossScale:
    """The scale of the last loss that went through a `torch.amp.GradScaler`; 1 if none did.

    Nothing but the scaler knows it, and it is the program's: its method `scale` is listened to from
    here until `close`. (Accelerate's, Lightning's and timm's scalers are this one.) `changed` is
    called with each scale at once: gradients of activations may come before any parameter's.
    """

    def __init__(self, changed: Callable[[Tensor | float], None]) -> None:
        self.value: Tensor | float = 1.0
        self._changed = changed
        _listeners().add(self)

    def reset(self) -> None:
        """The next backward pass is of a loss that was not scaled, unless a scaler says so."""
        self.set(1.0)

    def set(self, value: Tensor | float) -> None:
        """The next backward pass is of a loss that was multiplied by `value`."""
        self.value = value
        self._changed(value)

    def close(self) -> None:
        """Listen no more."""
        listeners = _listeners()
        listeners.discard(self)
        original = getattr(GradScaler.scale, "__wrapped__", None)
        if original is not None and not len(listeners):
            GradScaler.scale = original  # type: ignore[method-assign]


def _listeners() -> WeakSet[LossScale]:
    """Who listens to the scalers; from the first on, they tell it."""
    known: WeakSet[LossScale] | None = getattr(GradScaler.scale, "listeners", None)
    if known is not None:
        return known
    listeners: WeakSet[LossScale] = WeakSet()
    GradScaler.scale = _announcing(GradScaler.scale, listeners)  # type: ignore[method-assign]
    return listeners


def _announcing(scale: Callable[..., Any], listeners: WeakSet[LossScale]) -> Callable[..., Any]:
    @wraps(scale)
    def announcing(scaler: GradScaler, outputs: Any) -> Any:
        scaled = scale(scaler, outputs)
        if scaler.is_enabled():
            value = scaler._get_scale_async()  # `get_scale` would wait for the device
            for listener in list(listeners):
                listener.set(1.0 if value is None else value.detach().clone())
        return scaled

    announcing.listeners = listeners  # type: ignore[attr-defined]
    return announcing
