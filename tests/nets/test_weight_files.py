"""Files of weights that are not what they should be: one sentence each, and nothing unpacked."""

from __future__ import annotations

import os
import pickle
import resource
import stat
import struct
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.weights import WeightReport, load_weights

SMALL = revise(preset("resnet20-cifar"), depths=(1, 1, 1))
LEGACY = tuple(pickle.dumps(head, 2) for head in (0x1950A86A20F9469CFC6C, 1001, {}))
"""What stands before the object in files of PyTorch before 1.6."""


def net() -> ResNet:
    return build_resnet(SMALL, seed=0)


def refused(path: Path) -> str:
    """The sentence that the file gets, quickly, without memory and without a warning."""
    module = net()
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    begin, peak = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=path.name) as caught:
            load_weights(module, path, partial=True)
    assert time.perf_counter() - begin < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 300_000  # kilobytes
    assert all(torch.equal(before[key], tensor) for key, tensor in module.state_dict().items())
    assert str(caught.value).isprintable()
    return str(caught.value)


def archive(path: Path, pickled: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    """A file laid out as `torch.save` does it, around a pickle of one's own."""
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("net/data.pkl", pickled)
        file.writestr("net/version", "3\n")


def bytearray_of(length: int) -> bytes:
    """A pickle of {"a": bytearray(length)}, which PyTorch would carry out."""
    number = b"\x8a\x08" + struct.pack("<q", length)
    return b"\x80\x02}X\x01\x00\x00\x00acbuiltins\nbytearray\n" + number + b"\x85Rs."


def scripted(path: Path) -> None:
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)


def quantised(path: Path) -> None:
    torch.save({"a": torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8)}, path)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: torch.save({"a": torch.zeros(2, 2).to_sparse()}, path), "a sparse tensor"),
        (lambda path: torch.save({"a": torch.zeros(2).to(torch.int8)}, path), "a tensor of int8"),
        (lambda path: torch.save({"a": torch.zeros(2, 2).to_sparse_csr()}, path), "sparse"),
        (lambda path: torch.save({"a": torch.zeros(2, device="meta")}, path), "meta"),
        (quantised, "quantised"),
        (scripted, "TorchScript"),
        (lambda path: path.write_bytes(pickle.dumps({"a": 1}, 4)), "holds no weights"),
        (lambda path: path.write_bytes(pickle.dumps(Path("/"), 4)), "pathlib"),
        (lambda path: torch.save({("a", "b"): torch.zeros(1)}, path), "holds no weights"),
        (lambda path: path.touch(), "empty"),
    ],
)
def test_a_file_of_something_else_says_what_and_pytorch_warns_of_nothing(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.pth"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of making such files
        make(path)
    assert why in refused(path)


def test_a_compressed_archive_is_not_unpacked(tmp_path: Path) -> None:
    """5 GB in a small file, nor a smaller one: PyTorch's own are never compressed."""
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        with file.open("net/data/0", "w", force_zip64=True) as entry:
            entry.write(bytes(50_000_000))
        file.infolist()[0].file_size *= 100  # in the directory; the work of packing is spared
    assert path.stat().st_size < 1_000_000
    assert "holds 5 GB; allowed for this net: at most 1 GB" in refused(path)
    archive(path, bytes(10_000_000), zipfile.ZIP_DEFLATED)
    assert "compressed" in refused(path)


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_file_far_larger_than_the_net_is_not_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"large{ending}"
    with path.open("wb") as file:
        file.truncate(50_000_000_000)  # takes no room on the disk
    assert "holds 50 GB" in refused(path)


def test_a_pickle_that_would_take_all_memory_is_not_carried_out(tmp_path: Path) -> None:
    archive(tmp_path / "net.pth", bytearray_of(10**11))
    assert "'builtins.bytearray'" in refused(tmp_path / "net.pth")
    old = tmp_path / "old.pth"
    old.write_bytes(b"".join((*LEGACY, bytearray_of(10**11), pickle.dumps([], 2))))
    assert "'builtins.bytearray'" in refused(old)
    lists = b"\x80\x02(" + b"]" * 20_000_000 + b"t."  # 20 million empty lists: 1 GB
    archive(tmp_path / "lists.pth", lists)
    assert "more names and values" in refused(tmp_path / "lists.pth")


def test_a_second_directory_does_not_hide_another_pickle(tmp_path: Path) -> None:
    """There is one reader, and what it does not read is not there."""
    path = tmp_path / "net.pth"
    archive(path, pickle.dumps({}, 2))
    path.write_bytes(b"PK\x03\x04" + b"before" + path.read_bytes())
    assert "holds no weights" in refused(path)


def test_a_shape_beyond_the_file_is_refused(tmp_path: Path) -> None:
    header = b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    path = tmp_path / "net.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    assert "no safetensors file" in refused(path)


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pipe{ending}"
    os.mkfifo(path)
    assert "it is a pipe" in refused(path)


def test_a_file_that_becomes_a_pipe_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pipe.pth"
    os.mkfifo(path)
    regular = os.stat_result((stat.S_IFREG, *[0] * 9))
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    with pytest.raises(ValueError, match="it is a pipe"):
        load_weights(net(), path)


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="a file of Linux")
def test_a_file_that_waits_for_the_kernel_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "kernel.pth").symlink_to("/proc/kmsg")
    with pytest.raises(ValueError, match=r"kernel.pth.*(is empty|denied|permitted)"):
        load_weights(net(), tmp_path / "kernel.pth")


def test_keys_are_shown_without_their_control_characters() -> None:
    report = WeightReport(
        missing=("a" * 1000,), unexpected=("\x1b[31mred\x07\n\u202e",), mismatched=("\x9b2J: [1]",)
    )
    text = str(report)
    assert text.isprintable()
    assert r"\x1b[31mred\x07\n\u202e" in text
    assert r"\x9b2J: [1]" in text
    assert len(text) < 300
