"""Figure diff: a figure is sent to the browser whole once, then only its changes.

Whoever watches a race sees the same figures grow. A figure is looked at as a tree; the step from
one to a later one is a short list of changes: of an array only the end that is new. The chart
component (live_chart.js) keeps the tree and puts the changes in.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.findings.colours import DARK
from resnet_viz.lru import LruDict

Path = tuple[str | int, ...]
Change = list[Any]
"""[path, "set", value], [path, "drop"] or [path, "end", how many of the array stay, what comes]."""

_MOST_CHANGES = 16
_SMALL = {"int64": np.int32, "uint64": np.uint32}  # what a browser has arrays of


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure, ready to be sent: made once, shown to many, in any thread.

    `text` is all of it as JSON; figures that look alike have the same `version`.
    """

    figure: go.Figure
    tree: Mapping[str, Any]
    text: str
    version: str
    _changes: LruDict[str, str] = field(default_factory=lambda: LruDict(_MOST_CHANGES), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(cls, figure: go.Figure) -> Drawn:
        """The drawn form of `figure`, with the colours for dark pages."""
        tree = {
            "data": [trace.to_plotly_json() for trace in figure.data],
            "layout": figure.layout.to_plotly_json(),
            "dark": dict(DARK),
        }
        text = as_json(tree)
        return cls(figure, tree, text, blake2b(text.encode(), digest_size=9).hexdigest())

    def since(self, before: Drawn) -> str:
        """The changes from `before` to this figure, as JSON."""
        with self._lock:
            return self._changes.fetch(
                before.version, lambda: as_json(changes(before.tree, self.tree))
            )


def changes(old: Any, new: Any, path: Path = ()) -> list[Change]:
    """The changes from `old` to `new`, in order; numbers count as equal if both are NaN."""
    if old is new:
        return []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _changes_of_parts(old, new, path)
    if _is_list(old) and _is_list(new) and len(old) == len(new):
        parts = enumerate(zip(old, new, strict=True))
        return [change for i, (one, other) in parts for change in changes(one, other, (*path, i))]
    if _grows(old, new):
        same = _kept(old, new)
        is_same = same == old.shape[-1] == new.shape[-1]
        return [] if is_same else [[path, "end", same, new[..., same:]]]
    return [] if _is_same(old, new) else [[path, "set", new]]


def _changes_of_parts(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> list[Change]:
    collected: list[Change] = [[(*path, key), "drop"] for key in old if key not in new]
    for key, value in new.items():
        own = (*path, key)
        collected += changes(old[key], value, own) if key in old else [[own, "set", value]]
    return collected


def _is_same(old: Any, new: Any) -> bool:
    plain = (str, int, float, bool, type(None))
    if isinstance(old, plain) and isinstance(new, plain):
        return type(old) is type(new) and old == new
    return as_json(old) == as_json(new)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _grows(old: Any, new: Any) -> bool:
    """Whether the two are arrays that differ in their last axis' length at most."""
    if not (isinstance(old, np.ndarray) and isinstance(new, np.ndarray)) or not new.ndim:
        return False
    is_number = old.dtype == new.dtype and new.dtype.kind in "fiu"
    return is_number and old.shape[:-1] == new.shape[:-1]


def _kept(old: NDArray[Any], new: NDArray[Any]) -> int:
    """Along the last axis: how much of `old`'s beginning is `new`'s, too."""
    length = min(old.shape[-1], new.shape[-1])
    one, other = old[..., :length], new[..., :length]
    differs = (one != other) & ~(np.isnan(one) & np.isnan(other))
    columns = np.flatnonzero(differs.any(axis=tuple(range(differs.ndim - 1))))
    return int(columns[0]) if len(columns) else length


def as_json(value: Any) -> str:
    """The JSON that live_chart.js reads: arrays of numbers are objects with their bytes."""
    return json.dumps(value, default=_encoded, separators=(",", ":"))


def _encoded(value: Any) -> Any:
    """What JSON has no word for: numpy's numbers and arrays, those of numbers as their bytes."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim:
        small = value.astype(_SMALL.get(value.dtype.name, value.dtype))
        shape, little = list(value.shape), small.dtype.newbyteorder("<")
        numbers = b64encode(np.ascontiguousarray(small, little).tobytes()).decode()
        return {"dtype": small.dtype.name, "shape": shape, "numbers": numbers}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"a figure holds a {type(value).__name__}, which JSON cannot say")
