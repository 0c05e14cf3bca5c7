"""Files of torch.save and pickle, opened without PyTorch's reader: no code in them is run.

torch.save writes a ZIP archive with a pickle, "data.pkl", and a file for each storage; before 1.6
it wrote five pickles, one after the other, and then the storages.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from typing import BinaryIO, NamedTuple

import torch

from resnet_viz.nets.stored_weights import stored_tensors
from resnet_viz.nets.stored_weights.pickle_values import (
    Made,
    Named,
    Persistent,
    Pickle,
    read_pickle,
)
from resnet_viz.text import byte_size

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""What files of PyTorch before 1.6 begin with."""
_MOST_NESTED = 2


@dataclass(frozen=True, eq=False)
class TorchFile:
    """The content of a file; its tensors are read when they are asked for."""

    value: object
    find: Callable[[object], stored_tensors.Storage]

    def stored(self, value: object) -> stored_tensors.Stored | None:
        """The tensor or array behind a value in the file; None if it is something else."""
        return stored_tensors.stored_in(value, self.find)


class RefusedError(ValueError):
    """A sound file that must not be read; the message continues after the name of the file."""


def too_large(size: int, most: int) -> str:
    """The words for a file of so many bytes."""
    return f"holds {byte_size(size)}; allowed for this net: at most {byte_size(most)}"


class _Place(NamedTuple):
    """A pickle's reference to a storage: its type, its key, and which part of it."""

    dtype: torch.dtype | None
    key: str
    view: tuple[int, int] | None

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize if self.dtype else 1


def open_archive(file: BinaryIO, most_steps: int, most_bytes: int) -> TorchFile:
    """The content of an archive of torch.save.

    Raises:
        RefusedError: for other archives, and one that unpacks to more than `most_bytes`.
        Exception: of any kind, where it is damaged.
    """
    archive = zipfile.ZipFile(file)
    entries = {entry.filename: entry for entry in archive.infolist()}
    size = sum(entry.file_size for entry in entries.values())
    if size > most_bytes:
        raise RefusedError(too_large(size, most_bytes))
    folder = _folder_of(entries)
    if entries.get(f"{folder}byteorder") and archive.read(f"{folder}byteorder") != _ORDER:
        raise RefusedError("was written on a computer with the bytes of a number the other way")
    pickled = read_pickle(BytesIO(archive.read(f"{folder}data.pkl")), most_steps)

    return TorchFile(
        pickled.value, _finding(lambda key: bytearray(archive.read(f"{folder}data/{key}")))
    )


def _finding(read: Callable[[str], bytearray]) -> Callable[[object], stored_tensors.Storage]:
    """What finds a storage, given what reads the bytes of a key."""
    read_once = lru_cache(maxsize=1)(read)  # tensors of one storage follow one another

    def find(value: object) -> stored_tensors.Storage:
        place = _place(value)
        return stored_tensors.Storage(place.dtype, lambda: _part(read_once(place.key), place))

    return find


_ORDER = sys.byteorder.encode()


def _folder_of(entries: Mapping[str, zipfile.ZipInfo]) -> str:
    """The folder in the archive that has all; "" where there is none."""
    pickles = [name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")]
    folders = [name.removesuffix("data.pkl") for name in pickles]
    for folder in folders:
        if f"{folder}constants.pkl" in entries or f"{folder}code/" in entries:
            raise RefusedError(
                "is a TorchScript file, a program; allowed: the state dict of what it holds, as "
                "torch.save(torch.jit.load(file).state_dict(), ...) writes it"
            )
    if len(folders) != 1:
        held = ", ".join(list(entries)[:3]) or "nothing"
        refusal = f"is a ZIP archive that holds {held}; unpack it and give the file of weights"
        if "model.weights.h5" in entries:
            refusal = "is a Keras file; allowed: PyTorch's files"
        if entries and all(name.endswith(".npy") for name in entries):
            refusal = "is a NumPy archive; allowed: names with PyTorch's tensors"
        raise RefusedError(refusal)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values()):
        raise RefusedError("is a compressed archive; allowed: PyTorch's files, which are not")
    return folders[0]


def open_pickles(file: BinaryIO, most_steps: int, nested: int = 0) -> TorchFile:
    """The content of a file of torch.save before 1.6, or of a pickle.

    Raises:
        RefusedError: for one that was written otherwise.
        Exception: of any kind, where it is damaged.
    """
    first = read_pickle(file, most_steps).value
    if type(first) is not int or first != MAGIC_NUMBER:
        return TorchFile(first, partial(_nested_storage, most_steps, nested))
    _version, system, whole, keys = (read_pickle(file, most_steps) for _ in range(4))
    if isinstance(system.value, dict) and system.value.get("little_endian") is False:
        raise RefusedError("was written on a computer with the bytes of a number the other way")
    starts = _starts(file, whole, keys.value)

    def read(key: str) -> bytearray:
        start, size = starts[key]
        file.seek(start)
        data = bytearray(file.read(size))
        if len(data) != size:
            raise EOFError
        return data

    return TorchFile(whole.value, _finding(read))


def _starts(file: BinaryIO, pickled: Pickle, keys: object) -> Mapping[str, tuple[int, int]]:
    """Where each storage begins and how many bytes it has; each stands after its length."""
    if not isinstance(keys, list):
        raise TypeError("the storages have no keys")
    sizes = {place.key: place.itemsize for place in map(_place, pickled.persistent)}
    starts: dict[str, tuple[int, int]] = {}
    begin = file.tell()
    end = file.seek(0, 2)
    for key in map(str, keys):
        file.seek(begin)
        size = int.from_bytes(file.read(8), sys.byteorder) * sizes[key]
        starts[key] = begin + 8, size
        begin += 8 + size
        if begin > end:
            raise EOFError
    return starts


def _place(value: object) -> _Place:
    """Of ("storage", its type, its key, the device, its length), and in old files a part of it."""
    parts = value.id if isinstance(value, Persistent) else None
    if not (isinstance(parts, tuple) and len(parts) >= 5 and isinstance(parts[1], Named)):
        raise ValueError("a tensor without a storage")
    view = parts[5] if len(parts) > 5 else None
    part = (view[1], view[2]) if isinstance(view, tuple) else None
    return _Place(stored_tensors.dtype_of_storage(parts[1]), str(parts[2]), part)


def _part(data: bytearray, place: _Place) -> bytearray:
    if place.view is None:
        return data
    start, length = (number * place.itemsize for number in place.view)
    return data[start : start + length]


def _nested_storage(most_steps: int, nested: int, value: object) -> stored_tensors.Storage:
    """A storage in a plain pickle: the bytes of a file of torch.save that has nothing else."""
    if not (isinstance(value, Made) and value.kind == "torch.storage._load_from_bytes"):
        raise ValueError("a tensor without a storage")
    (data,) = value.args
    if not isinstance(data, bytes) or nested >= _MOST_NESTED:
        raise ValueError("a storage without bytes")
    inner = open_pickles(BytesIO(data), most_steps, nested + 1)
    return inner.find(inner.value)
