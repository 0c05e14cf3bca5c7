"""Least-recently-used dictionary: of bounded size, for what can be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class LruDict(OrderedDict[_Key, _Value]):
    """Dictionary of at most `most` entries; the one written or fetched longest ago gives way.

    Who shares one among threads holds a lock.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)

    def fetch(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The value under `key`; where there is none yet, what `make` makes."""
        if key not in self:
            self[key] = make()
        self.move_to_end(key)
        return self[key]
