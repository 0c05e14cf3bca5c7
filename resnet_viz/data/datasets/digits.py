"""scikit-learn's handwritten digits: small, and there without a network."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.data.dataset import Dataset, Pixels, Split, fixed_order
from resnet_viz.workers import lifeline

_Read = tuple[NDArray[np.uint8], NDArray[np.int64]]


class _Digits(Dataset):
    def open(self, split: Split, image_size: int | None = None) -> Pixels:
        images, labels = _all()
        order = fixed_order(len(labels))
        chosen = order[: self.train] if split == "train" else order[self.train :]
        return Pixels(images[chosen], labels[chosen])


DATASET = _Digits(
    name="digits",
    title="Handwritten digits",
    channels=1,
    classes=10,
    image_size=8,
    train=1500,
    test=297,
    source="scikit-learn's load_digits (UCI, Alpaydin & Kaynak 1998); the parts are ours",
    licence="CC BY 4.0",
)


@lru_cache(maxsize=1)
def _all() -> _Read:
    """Images [1797, 1, 8, 8] of 0 to 16, and labels [1797]."""
    return (_ahead().take() if _ahead.cache_info().currsize else None) or _read()


def _read() -> _Read:
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    return values.astype(np.uint8).reshape(-1, 1, 8, 8), labels.astype(np.int64)


def read_ahead() -> None:
    """Begin to read, in a process forked from this one, which must have one thread (Linux).

    For a process that others are forked from: importing scikit-learn takes a second, in which
    this one imports something else, and starts a thread (of pyarrow's allocator).
    """
    _ahead()


class _Ahead:
    """A process that reads the digits and ends."""

    def __init__(self) -> None:
        fork: Any = get_context("fork")  # which Windows has not
        self._receiver, sender = fork.Pipe(duplex=False)
        ends = (sender, self._receiver)
        self._process = fork.Process(target=_send, args=(*ends, os.getpid()), daemon=True)
        self._process.start()
        sender.close()

    def take(self) -> _Read | None:
        """What was read; None where that did not succeed."""
        try:
            read: _Read = self._receiver.recv()
        except EOFError:
            return None
        finally:
            self._process.join()
        return read


_ahead = lru_cache(maxsize=1)(_Ahead)


def _send(sender: Connection, receiver: Connection, parent: int) -> None:
    lifeline.tie_to(parent)
    receiver.close()  # else what is sent would wait for ever in a pipe that nobody reads
    with suppress(BrokenPipeError):  # nobody waits any more
        sender.send(_read())
