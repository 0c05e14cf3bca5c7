"""The student's program: each fault does what the lesson says, by running it as anyone would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.student_notebook.program import (
    FAULTS,
    FILE,
    SILENT,
    STOPPING,
    Fault,
    lines_of,
    program,
    source,
)

TRY = """
import json, sys
import torch

def tried(text):
    names, sizes = {}, []
    exec(text, names)
    torch.manual_seed(0)
    net = names["ResNet34"](channels=1, classes=10, width=4)
    for stage in (net.conv2, net.conv3, net.conv4, net.conv5):
        stage.register_forward_hook(lambda module, given, result: sizes.append(result.shape[-1]))
    try:
        net(torch.randn(2, 1, 32, 32)).square().sum().backward()
    except Exception as error:
        return {"error": [type(error).__name__, str(error)], "sizes": sizes}
    first = net.conv1[0].weight.grad.double().norm().item()
    last = list(net.parameters())[-2].grad.double().norm().item()
    unused = sum(one.grad is None for one in net.parameters())
    return {"error": None, "sizes": sizes, "ratio": first / last, "unused": unused}

print(json.dumps([tried(text) for text in json.load(sys.stdin)]))
"""
PUBLISHED = json.loads((Path(__file__).parents[1] / "golden" / "published.json").read_text())


@pytest.fixture(scope="module")
def tried() -> dict[str, Any]:
    """What programs do in a Python that knows nothing of us: as written, mended, with one fault."""
    programs = {"written": source(()), "mended": source(FAULTS)}
    programs |= {fault: source(all_but(fault)) for fault in FAULTS}
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRY],
        input=json.dumps(list(programs.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(programs, json.loads(done.stdout), strict=True))


def all_but(*faults: Fault) -> set[Fault]:
    return set(FAULTS) - set(faults)


def test_mending_changes_the_lines_of_a_fault_and_no_other() -> None:
    written = source(()).splitlines()
    for fault in FAULTS:
        mended = source([fault]).splitlines()
        differ = [n for n, (a, b) in enumerate(zip(written, mended, strict=True), 1) if a != b]
        assert tuple(differ) == lines_of(fault)
        assert {program(frozenset())[n - 1].fault for n in differ} == {fault}


def test_every_set_of_mended_faults_is_a_program() -> None:
    sets = chain.from_iterable(combinations(FAULTS, size) for size in range(len(FAULTS) + 1))
    texts = {source(mended) for mended in sets}
    assert len(texts) == 2 ** len(FAULTS)
    for text in texts:
        compile(text, FILE, "exec")
        assert "#-" not in text
        assert max(map(len, text.splitlines())) < 80


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("name", "NameError", "name 'dim_inc' is not defined"),
        ("spelling", "AttributeError", "'ResNet34' object has no attribute 'classifier'"),
        ("pooling", "RuntimeError", "mat1 and mat2 shapes cannot be multiplied (64x1 and 32x10)"),
    ],
)
def test_these_faults_stop_the_program_alone(
    tried: dict[str, Any], fault: Fault, kind: str, message: str
) -> None:
    assert fault in STOPPING
    assert tried[fault]["error"][0] == kind
    assert tried[fault]["error"][1].startswith(message)


def test_as_written_it_stops_at_the_name(tried: dict[str, Any]) -> None:
    assert tried["written"]["error"] == ["NameError", "name 'dim_inc' is not defined"]
    assert tried["written"]["sizes"] == []


def test_the_silent_faults_change_what_the_lesson_says(tried: dict[str, Any]) -> None:
    sound, silent = tried["mended"], {fault: tried[fault] for fault in SILENT}
    assert sound["sizes"] == [8, 4, 2, 1]
    assert sound["unused"] == 0
    assert all(one["error"] is None for one in silent.values())
    assert silent["stride"]["sizes"] == [8, 8, 8, 8]
    assert all(silent[one]["sizes"] == sound["sizes"] for one in SILENT if one != "stride")
    assert silent["addition"]["ratio"] < 1e-9 * sound["ratio"]
    assert all(silent[one]["ratio"] > 1e-3 * sound["ratio"] for one in SILENT if one != "addition")
    assert silent["addition"]["unused"] == 6, "weights and biases of three projections"


def built(mended: Collection[Fault]) -> Any:
    """The net at its full size, without memory for its weights."""
    import torch

    names: dict[str, Any] = {}
    exec(source(mended), names)
    with torch.device("meta"):
        return names["ResNet34"]()


def weights(net: Any) -> list[tuple[int, ...]]:
    """The shapes of convolutions and linear layers."""
    return sorted(tuple(one.shape) for one in net.parameters() if one.dim() > 1)


def test_mended_it_has_the_paper_s_layers() -> None:
    """torchvision's, whose parameters the reference counts: its norms have two numbers per channel,
    the program a bias, and a norm beside it in the stem alone."""
    torchvision = pytest.importorskip("torchvision")
    import torch

    with torch.device("meta"):
        paper = torchvision.models.resnet34()
    mended = built(FAULTS)
    assert weights(mended) == weights(paper)
    published = next(row for row in PUBLISHED["models"] if row["name"] == "torchvision/resnet34")
    channels = sum(shape[0] for shape in weights(paper) if len(shape) == 4)
    ours = sum(one.numel() for one in mended.parameters())
    assert ours == published["params"] - channels + 2 * 64


def test_as_meant_it_has_the_preset_s_layers() -> None:
    """Six blocks; the program's stem has a norm, which the preset leaves out."""
    ours = sum(one.numel() for one in built(all_but("blocks")).parameters())
    assert ours == plan(preset("notebook34")).params + 2 * 64
