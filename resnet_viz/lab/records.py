"""What a step of training leaves behind, and the columns that plots read; numpy alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, eq=False, slots=True)
class StepRecord:
    """One optimiser update, measured.

    `loss` and `accuracy` are those of the minibatch before the update; `seconds` run from the
    start of training, pauses left out. The arrays are float32 [L], one value a weighted layer in
    forward order (the names are in the run): Euclidean norms of a convolution's kernel or a
    linear layer's matrix, biases left out. `grad_norm` and `weight_norm` are taken before the
    update; `update_ratio` is ||W_after - W_before|| / ||W_before||. inf and NaN are results.
    """

    step: int
    loss: float
    accuracy: float
    seconds: float
    grad_norm: Floats
    weight_norm: Floats
    update_ratio: Floats


class History:
    """Columns over the steps of a run, built from records as they come.

    Every property is a read-only view of what is there now: S steps, L weighted layers.
    """

    def __init__(self, records: Iterable[StepRecord] = ()) -> None:
        self._size = 0
        self._scalars = np.empty((0, 4), np.float64)
        self._layers = np.empty((0, 3, 0), np.float32)
        self.extend(records)

    def __len__(self) -> int:
        return self._size

    def extend(self, records: Iterable[StepRecord]) -> None:
        """Append `records`, in the order of their steps."""
        for record in records:
            self._make_room(len(record.grad_norm))
            row = (record.step, record.loss, record.accuracy, record.seconds)
            self._scalars[self._size] = row
            layers = (record.grad_norm, record.weight_norm, record.update_ratio)
            self._layers[self._size] = layers
            self._size += 1

    def _make_room(self, layers: int) -> None:
        if self._size < len(self._scalars):
            return
        capacity = max(64, 2 * self._size)
        scalars, per_layer = self._scalars, self._layers
        self._scalars = np.empty((capacity, 4), np.float64)
        self._layers = np.empty((capacity, 3, layers), np.float32)
        self._scalars[: self._size] = scalars[: self._size]
        self._layers[: self._size] = per_layer[: self._size] if self._size else 0

    @property
    def steps(self) -> NDArray[np.int64]:
        """Step numbers [S], from 0."""
        return _frozen(self._scalars[: self._size, 0].astype(np.int64))

    @property
    def loss(self) -> NDArray[np.float64]:
        """Cross-entropy in nats [S]."""
        return _frozen(self._scalars[: self._size, 1])

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Fraction of the minibatch that was right [S]."""
        return _frozen(self._scalars[: self._size, 2])

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds since training began [S]."""
        return _frozen(self._scalars[: self._size, 3])

    @property
    def grad_norm(self) -> Floats:
        """Gradient norms [S, L]."""
        return _frozen(self._layers[: self._size, 0])

    @property
    def weight_norm(self) -> Floats:
        """Weight norms before the update [S, L]."""
        return _frozen(self._layers[: self._size, 1])

    @property
    def update_ratio(self) -> Floats:
        """Norm of the update over the norm of the weight [S, L]."""
        return _frozen(self._layers[: self._size, 2])


def _frozen(column: NDArray[_Number]) -> NDArray[_Number]:
    column.flags.writeable = False
    return column
