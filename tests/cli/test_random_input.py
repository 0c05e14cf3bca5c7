"""Files spoilt at random, from a fixed seed: whatever they hold, one line and no traceback."""

from __future__ import annotations

import json
import random
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from resnet_viz.__main__ import main
from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.nets.weights import load_weights, save_weights

Capture = pytest.CaptureFixture[str]
SMALL = revise(preset("resnet20-cifar"), depths=(1, 1, 1), widths=(2, 4, 8))


def spoilt(random_: random.Random, data: bytes) -> bytes:
    """`data` with one to four accidents."""
    spoil = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        # Most of it is weights, where anything goes: names and shapes are at the ends.
        reach = min(len(spoil), random_.choice((50, 2000, len(spoil))))
        place = random_.randrange(reach + 1)
        place = random_.choice((place, len(spoil) - place))
        match random_.randrange(5):
            case 0:
                spoil[place : place + 1] = bytes([random_.randrange(256)])
            case 1:
                del spoil[place : place + random_.randint(1, 40)]
            case 2:
                spoil[place:place] = random_.randbytes(random_.randint(1, 40))
            case 3:
                number = random_.choice((0, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
                spoil[place : place + 8] = struct.pack("<Q", number)
            case _:
                del spoil[place:]
    return bytes(spoil)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    net = build_resnet(SMALL, seed=0)
    save_weights(net, folder / "new.pth")
    torch.save(net.state_dict(), folder / "old.pth", _use_new_zipfile_serialization=False)
    save_weights(net, folder / "net.safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["new.pth", "old.pth", "net.safetensors"])
def test_spoilt_weights_load_or_are_a_sentence(
    name: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    random_ = random.Random(7)
    sentences = []
    path, net = tmp_path / name, build_resnet(SMALL)
    for _ in range(150):
        path.write_bytes(spoilt(random_, files[name]))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                str(load_weights(net, path, partial=True))
            except ValueError as error:
                sentences.append(str(error))
    assert len(sentences) > 20
    assert all(name in sentence and "\n" not in sentence for sentence in sentences)


def test_the_command_says_one_line_of_spoilt_weights(
    files: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    random_ = random.Random(11)
    config = tmp_path / "config.json"
    config.write_text(SMALL.model_dump_json(), encoding="utf-8")
    for name, data in files.items():
        for _ in range(10):
            (tmp_path / name).write_bytes(spoilt(random_, data))
            status = main(("weights", str(config), str(tmp_path / name)))
            out, err = capfd.readouterr()
            assert status in (0, 1, 2)
            assert all(line.isprintable() for line in out.splitlines())
            assert err.count("\n") == (status != 0)
            assert err.removesuffix("\n").isprintable()


def documents(random_: random.Random) -> Iterator[bytes]:
    """Configs with accidents in their text, and with odd values in their fields."""
    odd = (None, True, -1, 0, 10**40, 1e308, "", "x" * 300, "\x1b[2J", [], [1] * 50, {}, [[3]])
    for _ in range(50):
        config = random_.choice(list(PRESETS.values()))
        yield spoilt(random_, config.model_dump_json(indent=random_.choice((None, 2))).encode())
        fields = json.loads(config.model_dump_json())
        for field in random_.sample(sorted(fields), random_.randint(1, 3)):
            fields[field] = random_.choice(odd)
        yield json.dumps(fields).encode()


def test_spoilt_configs_are_described_or_one_line(tmp_path: Path, capsys: Capture) -> None:
    path, refused = tmp_path / "net.json", 0
    for document in documents(random.Random(3)):
        path.write_bytes(document)
        status = main(("describe", str(path), "--json"))
        out, err = capsys.readouterr()
        if status == 0:
            assert err == ""
            json.loads(out)
            continue
        refused += 1
        assert (status, out) == (2, ""), document
        assert err.startswith("error: ")
        assert err.removesuffix("\n").isprintable()
    assert refused > 50
