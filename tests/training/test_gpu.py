"""What only a GPU can show: `pytest -m gpu`, a few minutes."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.tensor_stats.effective_rank import effective_ranks, gram
from resnet_viz.training import tensors as images_module
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load
from tests.labs import tiny_spec

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
]


@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16", "float16"])
def test_the_host_waits_once_a_step(precision: str) -> None:
    """As CUDA itself counts it."""
    spec = tiny_spec(device="cuda", precision=precision, steps=6, measure_every=2)
    counts: list[int] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            records = train(spec, ending=lambda _: counts.append(len(caught)))
            counts.extend(len(caught) for one in records if "final" not in one.values)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert max(np.diff(counts)) <= 1, [str(one.message) for one in caught]


@pytest.mark.parametrize("changes", [{}, {"optimizer": "adamw"}, {"evaluate_every": 1}])
def test_the_first_steps_are_those_of_the_cpu(changes: dict[str, Any]) -> None:
    spec = RunSpec(config=preset("resnet20-cifar"), steps=2, **changes)
    here, there = (
        list(train(spec.model_copy(update={"device": device}))) for device in ("cpu", "cuda")
    )
    for name, values in here[0].values.items():
        np.testing.assert_allclose(there[0].values[name], values, 1e-2, 1e-5, err_msg=name)
    assert there[1].loss == pytest.approx(here[1].loss, rel=1e-2)


def test_minibatches_of_a_large_set_are_pinned_and_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, device = load("digits"), torch.device("cuda")
    small = minibatches(data, 64, 0, 8, device)
    expected = [next(small) for _ in range(30)]
    monkeypatch.setattr(images_module, "SMALL_BYTES", 1000)
    large = minibatches(data, 64, 0, 8, device)
    for images, labels in expected:
        found, classes = next(large)
        assert torch.equal(found, images)
        assert torch.equal(classes, labels)


@pytest.mark.parametrize("allowed", [False, True])
def test_effective_rank_has_all_of_float32_s_digits(allowed: bool) -> None:
    features = torch.randn(64, 16, 8, 8, generator=torch.Generator().manual_seed(0)).cumsum(0)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = allowed
    try:
        found = effective_ranks([gram(features.cuda())])
        assert torch.backends.cuda.matmul.allow_tf32 == allowed
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    expected = effective_ranks([gram(features.double())])
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


def test_a_build_is_the_first_that_a_process_does_on_the_gpu() -> None:
    command = [sys.executable, "-m", "resnet_viz", "build", "resnet20-cifar", "--device", "cuda"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cuda:0, " in done.stdout
