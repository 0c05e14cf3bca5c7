"""On a device that is not the CPU: no float64, and the host waits once a step at most.

test_off_cpu.py runs these tests in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from resnet_viz.measurements import measurements
from resnet_viz.nets.network import build_resnet
from resnet_viz.quantities.records import StepRecord
from resnet_viz.tensor_stats.effective_rank import effective_ranks, gram
from resnet_viz.training import loop as training
from resnet_viz.training import tensors as images_module
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load
from resnet_viz.training.watching.watcher import Watcher
from tests.labs import tiny_spec
from tests.measurements.test_measured import QUICK, batch, measured, net
from tests.training.pretend import Watch, device

Off = tuple[torch.device, Watch]


@pytest.fixture
def off(monkeypatch: pytest.MonkeyPatch) -> Iterator[Off]:
    """A device that is not there, which runs are trained on."""
    with device() as (place, watch):
        monkeypatch.setattr(training, "resolve", lambda _: place)
        yield place, watch


def test_the_device_has_no_float64_and_counts_what_the_host_waits_for(off: Off) -> None:
    place, watch = off
    numbers = torch.arange(6.0, device=place)
    with pytest.raises(TypeError, match="float64"):
        numbers.double()
    assert not watch.waits
    for wait in (
        lambda: numbers.sum().item(),
        numbers.cpu,
        lambda: numbers[numbers > 2],
        lambda: bool(numbers.sum() > 1),
        lambda: torch.zeros(6).copy_(numbers),
        numbers.nonzero,
    ):
        before = watch.waits.total()
        wait()
        assert watch.waits.total() > before


@pytest.mark.parametrize("name", measurements())
def test_a_measurement_finds_the_same_there(name: str, off: Off) -> None:
    place, _ = off
    network, (images, labels) = net().float(), batch()
    images, settings = images.float(), QUICK.get(name, {})
    here = measured(name, network, images, labels, **settings)
    there = measured(name, network.to(place), images.to(place), labels.to(place), **settings)
    for key, array in here.items():
        np.testing.assert_allclose(there[key], array, rtol=1e-4, atol=1e-6, err_msg=key)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"precision": "float16"},
        {"optimizer": "adamw", "clip_grad_norm": 0.5, "schedule": "cosine"},
        {"augment": "crop_flip", "label_smoothing": 0.1},
        {"evaluate_every": 2, "image_size": 16},
    ],
)
def test_the_host_waits_once_a_step(changes: dict[str, Any], off: Off) -> None:
    _, watch = off
    spec = tiny_spec(steps=4, measure_every=2, **changes)
    waits: list[Counter[str]] = []
    records: list[StepRecord] = []
    before = Counter[str]()

    def noted(record: StepRecord) -> None:
        nonlocal before
        waits.append(watch.waits - before)
        before = watch.waits.copy()
        records.append(record)

    for record in train(spec, ending=noted):
        if "final" not in record.values:
            noted(record)
    assert len(waits) == len(records) == 4
    assert [sum(one.values()) for one in waits[1:]] == [1] * 3, waits
    assert "effective_rank" in records[2].values


def test_training_there_gives_the_records_of_the_cpu(
    off: Off, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec(steps=2, evaluate_every=1)
    there = list(train(spec))
    monkeypatch.setattr(training, "resolve", lambda _: torch.device("cpu"))
    for one, other in zip(train(spec), there, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-3)
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            close = {"rtol": 2e-3, "atol": 1e-5, "err_msg": name}
            np.testing.assert_allclose(other.values[name], values, **close)


def test_a_watched_minibatch_in_parts_is_the_cpus(off: Off) -> None:
    """What the parts leave on the device is put together on the host, after one wait."""
    place, watch = off
    found = []
    for device_ in (torch.device("cpu"), place):
        records: list[StepRecord] = []
        model = build_resnet(tiny_spec().adapted, seed=0).to(device_)
        with Watcher(model, lambda record, _, to=records: to.append(record)) as watcher:
            images = torch.randn(12, 1, 8, 8, generator=torch.Generator().manual_seed(1))
            before = watch.waits.total()
            for part in images.to(device_).chunk(3):
                model(part).square().sum().backward()
            watcher.step(1.0)
            assert watch.waits.total() - before <= 1
        found.append(records[0].values)
    here, there = found
    assert here.keys() == there.keys() >= {"response_std", "grad_cosine", "effective_rank"}
    for name, values in here.items():
        np.testing.assert_allclose(there[name], values, rtol=2e-3, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_effective_rank_takes_one_copy_of_the_features(scale: float, off: Off) -> None:
    place, _ = off
    features = torch.randn(16, 8, 6, 6, generator=torch.Generator().manual_seed(0)) * scale
    there = gram(features.to(place))
    expected = gram(features.double() / scale)
    found = effective_ranks([there])
    assert float(found) == pytest.approx(float(effective_ranks([expected])), rel=1e-4)


def test_a_step_on_cuda_without_a_gpu() -> None:
    """In a process of its own: where another device was made up, PyTorch asks CUDA itself."""
    command = [sys.executable, "-m", "tests.training.fake_cuda"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_minibatches_of_a_set_that_is_too_large_are_put_together_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = load("digits")
    here = minibatches(data, 32, 5, 8, torch.device("cpu"), augment="crop_flip")
    expected = [next(here) for _ in range(4)]
    monkeypatch.setattr(images_module, "SMALL_BYTES", 1000)
    with device() as (place, watch):
        there = minibatches(data, 32, 5, 8, place, augment="crop_flip")
        for images, labels in expected:
            found, classes = next(there)
            assert not watch.waits
            assert torch.equal(found.cpu(), images)
            assert torch.equal(classes.cpu(), labels)
            watch.waits.clear()
            assert any(t.name.startswith("minibatches") for t in threading.enumerate())
        there.close()
    assert not any(t.name.startswith("minibatches") for t in threading.enumerate())
