"""Weights in files of all common formats. No file is trusted, whoever wrote it.

What a file is, is told by what it begins with, not by its ending.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

from resnet_viz.nets.stored_weights.files import open_file
from resnet_viz.nets.stored_weights.pickle_values import Made, TooManyStepsError
from resnet_viz.nets.stored_weights.state_dicts import tensors_in, walk
from resnet_viz.nets.stored_weights.stored_tensors import Stored
from resnet_viz.nets.stored_weights.torch_files import (
    RefusedError,
    TorchFile,
    open_archive,
    open_pickles,
    too_large,
)

ENDINGS = (".pth", ".pt", ".safetensors")
"""Of the files that are written."""
STATE = "state_dict"
"""The key of the state dict in our own files, and in many training checkpoints."""
CONFIG = "config"
"""The key of a net's configuration in our own files."""
_BEGINNINGS: Mapping[bytes, str] = {
    b"version https://git-lfs": "is a pointer of Git LFS and not the file itself; fetch that with "
    "git lfs pull",
    b"\x89HDF\r\n\x1a\n": "is an HDF5 file, as Keras writes it; allowed: PyTorch's files",
    b"\x93NUMPY": "is one NumPy array; allowed: names with their tensors",
    b"GGUF": "is a GGUF file, of a language model; allowed: PyTorch's files",
    b"\x1f\x8b": "is compressed with gzip; unpack it first",
    b"7z\xbc\xaf": "is compressed with 7-Zip; unpack it first",
    b"\xfd7zXZ": "is compressed with xz; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
    b"Rar!": "is compressed with RAR; unpack it first",
    b"<": "is a web page, perhaps what came in place of a download",
}
_SAFE_TYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16},
    **{"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "BOOL": torch.bool},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8},
    **{"U8": torch.uint8, "C64": torch.complex64},
}
_STEPS_BASE, _STEPS_FOR_EACH = 300_000, 1_000


class Limits(NamedTuple):
    """Limits of a file: its bytes, and the steps of its pickles."""

    tensors: int
    steps: int

    @classmethod
    def of(cls, own: Mapping[str, Tensor]) -> Limits:
        """The limits for weights of a net; larger nets still pass, so that the report can say what
        does not fit.

        Eight times the net holds float64, or Adam's state and an average of the weights besides;
        torchvision's largest ResNet has 0.35 GB. A tensor takes about 40 steps, with Adam's 120.
        """
        size = sum(tensor.nbytes for tensor in own.values())
        return cls(1_000_000_000 + 8 * size, _STEPS_BASE + _STEPS_FOR_EACH * len(own))


@dataclass(frozen=True)
class HeldWeights:
    """The tensors in a file by their paths, and the config in a file of ours, as JSON."""

    tensors: Mapping[str, Stored]
    config: str = ""


def check_ending(path: Path) -> Path:
    """The path itself; ValueError unless it ends like a file that can be written."""
    if path.suffix not in ENDINGS:
        raise ValueError(f"{str(path)!r}: allowed are files that end in {', '.join(ENDINGS)}")
    return path


@contextmanager
def open_weights(path: Path, limits: Limits) -> Iterator[HeldWeights]:
    """The weights in a file; its tensors can be read while it is open.

    No code in the file is run, and what is larger than `limits` is not read.

    Raises:
        ValueError: one sentence that names the file, where it holds no weights, or damaged ones.
    """
    name = repr(str(path))
    try:
        file, size = open_file(path)
        with file:
            yield _open(path, file, size, limits)
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror or error}") from error
    except TooManyStepsError as error:
        raise ValueError(f"{name} has more names and values than any net") from error
    except RefusedError as error:
        raise ValueError(f"{name} {error}") from error
    except Exception as error:  # a damaged file makes its readers raise errors of all kinds
        raise ValueError(f"{name} is not a file of weights, or it is damaged") from error


def read_state(path: Path, limits: Limits) -> Mapping[str, Tensor]:
    """All tensors in a file, by their paths.

    Raises:
        ValueError: as `open_weights` does.
    """
    with open_weights(path, limits) as held:
        return {name: tensor.read() for name, tensor in held.tensors.items()}


def _open(path: Path, file: BinaryIO, size: int, limits: Limits) -> HeldWeights:
    if size > limits.tensors:
        raise RefusedError(too_large(size, limits.tensors))
    start = file.read(512) if size else b""  # what has no size may be read for ever
    file.seek(0)
    _check_kind(start)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < size:
        return _open_safetensors(path)
    if start.startswith(b"PK\x03\x04"):
        return _held(open_archive(file, limits.steps, limits.tensors))
    try:
        opened = open_pickles(file, limits.steps)
    except (RefusedError, TooManyStepsError):
        raise
    except Exception as error:
        if start.isascii() and start.decode().replace("\n", " ").isprintable():
            raise RefusedError(_text(file)) from error
        raise
    return _held(opened)


def _check_kind(start: bytes) -> None:
    """Refuses what begins as other kinds of files do."""
    if not start:
        raise RefusedError("is empty")
    for beginning, refusal in _BEGINNINGS.items():
        if start.startswith(beginning):
            raise RefusedError(refusal)
    if start[257:].startswith(b"ustar"):
        raise RefusedError("is a tar archive; unpack it and give the file of weights")


def _open_safetensors(path: Path) -> HeldWeights:
    from safetensors import safe_open  # noqa: PLC0415 - needed for these files alone

    try:
        held: Any = safe_open(path, framework="pt")
        tensors = {name: _in_safetensors(held, name) for name in held.keys()}  # noqa: SIM118
        config = (held.metadata() or {}).get(CONFIG, "")
    except Exception as error:  # its own kinds
        raise RefusedError(f"is no safetensors file, or not a whole one: {error}") from error
    _check_real(tensors)
    return HeldWeights(tensors, config)


def _in_safetensors(held: Any, name: str) -> Stored:
    part = held.get_slice(name)
    dtype = _SAFE_TYPES.get(part.get_dtype())
    return Stored(tuple(part.get_shape()), dtype, lambda: held.get_tensor(name))


def _held(opened: TorchFile) -> HeldWeights:
    tensors = tensors_in(opened.value, opened.stored)
    if not tensors:
        raise RefusedError(_no_weights(opened.value))
    _check_real(tensors)
    config = opened.value.get(CONFIG) if isinstance(opened.value, dict) else None
    return HeldWeights(tensors, config if isinstance(config, str) else "")


def _check_real(tensors: Mapping[str, Stored]) -> None:
    """Refuses a file of which no tensor can be a weight."""
    if not tensors:
        raise RefusedError("holds no weights; allowed: names with their tensors")
    if not any(tensor.is_real for tensor in tensors.values()):
        kinds = ", ".join(sorted({tensor.words for tensor in tensors.values()})[:3])
        raise RefusedError(f"holds {kinds} alone; allowed: dense tensors of real numbers")


def _no_weights(value: object) -> str:
    """What is held in their place: what a pickle would call is named, and was not called."""
    pickled = next((one for one in walk(value) if isinstance(one, Made)), None)
    instead = (
        f", but what {pickled.kind!r} would make, and nothing in a file is run" if pickled else ""
    )
    return f"holds no weights{instead}; allowed: names with their tensors"


def _text(file: BinaryIO) -> str:
    """What a file of text is, in place of weights."""
    file.seek(0)
    try:
        value = json.load(file)
    except ValueError:
        return "is a text file; allowed: PyTorch's and safetensors files"
    if isinstance(value, dict) and isinstance(value.get("weight_map"), dict):
        files = sorted({str(one) for one in value["weight_map"].values()})
        return f"is the index of weights in {len(files)} files: {', '.join(files[:3])}; join them"
    return "is a JSON file; allowed: PyTorch's and safetensors files"
