"""State dicts in files: .pth, .pt and .safetensors. No file is trusted: it may be anybody's."""

from __future__ import annotations

import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import torch
from torch import Tensor

from resnet_viz.nets.files import open_file
from resnet_viz.nets.pickle_sizes import Sizes

ENDINGS = (".pth", ".pt", ".safetensors")
STATE = "state_dict"
"""The key of the state dict in a training checkpoint, and in our own files."""


class Limits(NamedTuple):
    """How many bytes a file may hold."""

    tensors: int
    names: int
    """Names and shapes, where they are a pickle."""

    @classmethod
    def of(cls, own: Mapping[str, Tensor]) -> Limits:
        """For the weights of a net, or of another one, to be told what does not fit.

        Eight times the net holds float64, or Adam's state and an average of the weights besides;
        torchvision's largest ResNet has 0.35 GB. A net of 1,200 layers has 1.1 MB of names.
        """
        size = sum(tensor.nbytes for tensor in own.values())
        return cls(1_000_000_000 + 8 * size, 2_000_000 + 1_000 * len(own))


# What the pickle of a state dict calls by name. PyTorch allows more by itself, such as a bytearray
# of any length, for which a file of fifty bytes takes all memory there is.
_NEEDED = re.compile(
    r"collections (OrderedDict|Counter)|torch\._utils _rebuild_(tensor|parameter)\w*|"
    r"torch\.nn\.parameter Parameter|torch Size|torch [a-z]\w*|torch(\.storage)? \w+Storage|"
    r"(builtins|__builtin__) set"
)
_NOT_DENSE = {
    "torch._utils _rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils _rebuild_nested_tensor": "a nested tensor",
    "torch._utils _rebuild_qtensor": "a quantised tensor",
    "torch._utils _rebuild_meta_tensor_no_storage": "a tensor of the meta device",
}
_REAL = frozenset(
    {
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
        *(torch.float8_e4m3fn, torch.float8_e5m2),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    }
)


def check_ending(path: Path) -> Path:
    """`path` itself; a ValueError where it does not end as a file of weights does."""
    if path.suffix not in ENDINGS:
        raise ValueError(f"{str(path)!r}: allowed are files that end in {', '.join(ENDINGS)}")
    return path


def read_state(path: Path, limits: Limits) -> Mapping[str, Tensor]:
    """The state dict in a file: names and dense tensors of real numbers, all on the CPU.

    No code in the file is run, and what is larger than `limits` is not unpacked.

    Raises:
        ValueError: one sentence that names the file, where it holds anything else.
    """
    try:
        file, size = open_file(check_ending(path))
        with file, warnings.catch_warnings():
            # PyTorch warns of the very files that are refused here, in a sentence of our own.
            warnings.simplefilter("ignore")
            loaded = _load(path, file, size, limits)
    except OSError as error:
        raise ValueError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    state = loaded.get(STATE, loaded) if isinstance(loaded, Mapping) else loaded
    if not isinstance(state, Mapping) or not state:
        raise ValueError(f"{str(path)!r} holds no state dict; allowed: names with their tensors")
    for key, value in state.items():
        if not isinstance(key, str):
            raise ValueError(f"{str(path)!r}: a key is of type {type(key).__name__}, not a name")
        if not (isinstance(value, Tensor) and value.dtype in _REAL):
            raise ValueError(f"{str(path)!r}: {key!r} is not a dense tensor of real numbers")
    return state


def _load(path: Path, file: BinaryIO, size: int, limits: Limits) -> object:
    if not size:
        raise ValueError(f"{str(path)!r} is empty")
    _check_size(path, size, limits)
    if path.suffix == ".safetensors":
        return _load_safetensors(path, file.read(size))
    try:
        is_archive = file.read(4) == b"PK\x03\x04"  # as PyTorch tells them apart
        file.seek(0)
        if is_archive:
            _check_archive(path, file, limits)
        else:
            # A number, the version, the system, the object, its storages.
            _check_pickles(path, file, 5, limits)
        file.seek(0)
        return torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, _RefusedError):
        raise
    except Exception as error:  # a damaged file makes torch raise errors of all kinds
        raise ValueError(f"{str(path)!r} is no PyTorch file, or not a whole one") from error


def _load_safetensors(path: Path, data: bytes) -> object:
    from safetensors.torch import load  # noqa: PLC0415 - needed for these files alone

    try:
        return load(data)
    except Exception as error:  # its own kinds, and KeyError for a dtype it does not know
        raise ValueError(
            f"{str(path)!r} is no safetensors file, or not a whole one: {error}"
        ) from error


class _RefusedError(ValueError):
    """The file is whole, but not one to load."""


def _check_size(path: Path, size: int, limits: Limits) -> None:
    if size > limits.tensors:
        raise _RefusedError(
            f"{str(path)!r} holds {size / 1e9:,.1f} GB; allowed for this net: at most "
            f"{limits.tensors / 1e9:,.1f} GB"
        )


def _check_names(path: Path, size: int, limits: Limits) -> None:
    if size > limits.names:
        raise _RefusedError(f"{str(path)!r} has more names and shapes than any net")


def _check_archive(path: Path, file: BinaryIO, limits: Limits) -> None:
    """Refuses an archive by its directory, before anything is unpacked."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_size(path, sum(entry.file_size for entry in entries), limits)
        if any(entry.filename.endswith("/constants.pkl") for entry in entries):
            raise _RefusedError(f"{str(path)!r} is a TorchScript file; allowed: a state dict")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise _RefusedError(
                f"{str(path)!r} is a compressed archive; allowed: PyTorch's files, which are not"
            )
        # Nothing before, after or beside it that another reader could take for the archive.
        if archive.comment or min(entry.header_offset for entry in entries):
            raise zipfile.BadZipFile
        for entry in entries:
            if entry.filename.lower().endswith("data.pkl"):
                _check_names(path, entry.file_size, limits)
                _check_pickles(path, BytesIO(archive.read(entry)), 1, limits)


def _check_pickles(path: Path, file: IO[bytes], count: int, limits: Limits) -> None:
    """Refuses pickles that are more than names and tensors; nothing in them is carried out."""
    steps = 0
    for _ in range(count):
        sizes = Sizes()
        for opcode, argument, position in pickletools.genops(file):
            steps += 1
            # A net takes four bytes a step, and a step costs more than a byte.
            _check_names(path, max(position or 0, 7 * steps), limits)
            if opcode.name in ("GLOBAL", "INST", "STACK_GLOBAL"):
                _check_global(path, argument)
            if not sizes.follow(opcode, argument):
                raise _RefusedError(
                    f"{str(path)!r} is not a file of weights alone: its values are nested too "
                    "deeply or too large to be keys"
                )


def _check_global(path: Path, named: str | None) -> None:
    """Refuses what a pickle calls by name, except for what a state dict needs."""
    if named in _NOT_DENSE:
        kind = _NOT_DENSE[named]
        raise _RefusedError(f"{str(path)!r} holds {kind}; allowed: dense ones of real numbers")
    if not _NEEDED.fullmatch(str(named)):
        held = repr(named.replace(" ", ".", 1)) if named else "an object"
        raise _RefusedError(
            f"{str(path)!r} is not a file of weights alone: it holds {held}, and what could run "
            "code is never loaded"
        )
