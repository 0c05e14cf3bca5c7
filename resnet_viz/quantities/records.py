"""Records of training steps, and the columns that plots read; numpy alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
_Number = TypeVar("_Number", bound=np.generic)
_NONE: Floats = np.empty(0, np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class StepRecord:
    """The record of one optimiser update.

    `loss` and `accuracy` are those of the minibatch before the update. `seconds` count from the
    start of training, without pauses. `values` holds the quantities (see `quantities/`) that were
    measured at this step, as float32, each in the order of its names in the run's header. A
    quantity that was not measured is missing. inf and NaN are results.
    """

    step: int
    loss: float
    accuracy: float
    seconds: float
    values: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def grad_norm(self) -> Floats:
        """Gradient norms of the weighted layers [L]; [0] if they were not measured."""
        return self.values.get("grad_norm", _NONE)

    @property
    def weight_norm(self) -> Floats:
        """Weight norms before the update [L]; [0] if they were not measured."""
        return self.values.get("weight_norm", _NONE)

    @property
    def update_ratio(self) -> Floats:
        """Norm of the update over the norm of the weight [L]; [0] if it was not measured."""
        return self.values.get("update_ratio", _NONE)


class Series(NamedTuple):
    """A quantity through time: the steps it was measured at [T], and its values there [T, n]."""

    steps: NDArray[np.int64]
    values: Floats

    def row_at(self, step: int) -> int | None:
        """The row of the newest step that is not after `step`; None if there is none."""
        row = int(np.searchsorted(self.steps, step, side="right")) - 1
        return row if row >= 0 else None

    def only(self, row: int) -> Series:
        """One row of it."""
        return Series(self.steps[row : row + 1], self.values[row : row + 1])


class History:
    """Columns over the steps of a run, built from records as they arrive.

    What is returned is a read-only view of what is there now: S steps. With `most`, no more steps
    than that are kept of a quantity: when there are, every second goes, and from then on half as
    many come in; the newest is always there. Loss, accuracy and seconds are kept of every step.
    """

    def __init__(self, records: Iterable[StepRecord] = (), *, most: int | None = None) -> None:
        self._most = most
        self._scalars: _Rows[np.float64] = _Rows(4, np.dtype(np.float64))
        self._steps: dict[str, _Rows[np.int64]] = {}
        self._values: dict[str, _Rows[np.float32]] = {}
        self.extend(records)

    def __len__(self) -> int:
        return len(self._scalars)

    def extend(self, records: Iterable[StepRecord]) -> None:
        """Append `records`, in the order of their steps."""
        for record in records:
            self._scalars.append((record.step, record.loss, record.accuracy, record.seconds))
            self._append(record.step, record.values)

    def complete(self, record: StepRecord) -> None:
        """Add what was measured of the newest step after its record was there."""
        late = {name: v for name, v in record.values.items() if name not in self._values}
        if len(self) and record.step == self.steps[-1]:
            self._append(record.step, late)

    def _append(self, step: int, values_of_step: Mapping[str, Floats]) -> None:
        for name, values in values_of_step.items():
            if name not in self._values:
                self._steps[name] = _Rows(1, np.dtype(np.int64), self._most)
                self._values[name] = _Rows(len(values), np.dtype(np.float32), self._most)
            self._steps[name].append(step)
            self._values[name].append(values)

    def frozen(self) -> History:
        """A snapshot of the history: this one may grow meanwhile, in another thread too."""
        one = History()
        one._scalars = self._scalars.frozen()
        one._steps = {name: rows.frozen() for name, rows in self._steps.items()}
        one._values = {name: rows.frozen() for name, rows in self._values.items()}
        return one

    def is_thinned(self, name: str) -> bool:
        """Whether steps were left out of a quantity because there are so many."""
        return name in self._steps and self._steps[name].is_thinned

    def closer(self, name: str, more: Series) -> History:
        """This history with more steps of a quantity, for a close look at part of it."""
        one, coarse = self.frozen(), self.series(name)
        if len(coarse.steps) and len(more.steps):
            steps = np.concatenate([coarse.steps, more.steps])
            order = np.unique(steps, return_index=True)[1]
            values = np.concatenate([coarse.values, more.values])
            one._steps[name] = self._steps[name].filled_with(steps[order].reshape(-1, 1))
            one._values[name] = self._values[name].filled_with(values[order])
        return one

    def records(self) -> Iterator[StepRecord]:
        """The records it was built from, as far as they were kept."""
        row = dict.fromkeys(self._values, 0)
        for step, loss, accuracy, seconds in self._scalars.filled:
            values = {}
            for name, steps in self._steps.items():
                place = row[name]
                if place < len(steps) and steps.filled[place, 0] == step:
                    values[name], row[name] = self._values[name].filled[place], place + 1
            yield StepRecord(int(step), float(loss), float(accuracy), float(seconds), values)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Step numbers [S], from 0."""
        steps = self._scalars.filled[:, 0].astype(np.int64)
        steps.flags.writeable = False
        return steps

    @property
    def loss(self) -> NDArray[np.float64]:
        """Cross-entropy in nats [S]."""
        return self._scalars.filled[:, 1]

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Fraction of the minibatch that was right [S]."""
        return self._scalars.filled[:, 2]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds since training began [S]."""
        return self._scalars.filled[:, 3]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that were measured at least once."""
        return tuple(self._values)

    def series(self, name: str) -> Series:
        """A quantity through time; empty if it was never measured."""
        if name not in self._values:
            return Series(np.empty(0, np.int64), np.empty((0, 0), np.float32))
        return Series(self._steps[name].filled[:, 0], self._values[name].filled)


class _Rows(Generic[_Number]):
    """Rows of one width, appended one by one to a buffer that doubles.

    With `most`, the rows that are kept are those whose number is a multiple of `_every`; the
    newest, if it is none of them, is at hand besides.
    """

    def __init__(self, width: int, kind: np.dtype[_Number], most: int | None = None) -> None:
        self._rows: NDArray[_Number] = np.empty((0, width), kind)
        self._size = 0
        self._most = most
        self._every = 1
        self._came = 0
        self._newest: NDArray[_Number] | None = None

    def __len__(self) -> int:
        return self._size + (self._newest is not None)

    def append(self, row: ArrayLike) -> None:
        number, self._came = self._came, self._came + 1
        if self._size == self._most:
            self._rows = self._rows[: self._size : 2].copy()
            self._size, self._every = len(self._rows), 2 * self._every
        if number % self._every:
            self._newest = np.array(row, self._rows.dtype).reshape(1, -1)
            return
        self._newest = None
        if self._size == len(self._rows):
            room = np.empty((max(64, 2 * self._size), self._rows.shape[1]), self._rows.dtype)
            room[: self._size] = self._rows[: self._size]
            self._rows = room
        self._rows[self._size] = row
        self._size += 1

    def frozen(self) -> _Rows[_Number]:
        """A snapshot of the rows: appending to this one changes none of them."""
        one = _Rows[_Number](self._rows.shape[1], self._rows.dtype)
        one._rows, one._size, one._newest = self._rows, self._size, self._newest
        one._every = self._every
        return one

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out."""
        return self._every > 1

    def filled_with(self, rows: NDArray[_Number]) -> _Rows[_Number]:
        """A copy with other rows instead, thinned like these."""
        one = self.frozen()
        one._rows, one._size, one._newest = rows, len(rows), None
        return one

    @property
    def filled(self) -> NDArray[_Number]:
        """The rows up to now, read-only."""
        rows = self._rows[: self._size]
        if self._newest is not None:
            rows = np.concatenate([rows, self._newest])
        rows.flags.writeable = False
        return rows
