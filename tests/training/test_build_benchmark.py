import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.training import build_benchmark
from resnet_viz.training.build_benchmark import BuildFailed, measure_build
from resnet_viz.training.torch_devices import available, describe, report, resolve
from tests.labs import TINY

CONFIG = ResNetConfig(**(TINY.model_dump() | {"image_size": 32, "num_classes": 7}))
NOT_THERE = next(name for name in ("mps", "cuda:99") if name not in available())


def test_a_build_is_measured() -> None:
    report = measure_build(CONFIG, "cpu", 4)
    assert report.output_shape == (4, 7)
    assert report.params == plan(CONFIG).params
    assert report.device.startswith("cpu, ")
    times = (report.build_seconds, report.forward_ms, report.backward_ms)
    assert all(0 < t < 1e4 for t in times)
    seconds = (report.forward_ms + report.backward_ms) / 1e3
    assert report.images_per_second == pytest.approx(4 / seconds)


def test_peak_memory_is_at_least_the_weights_and_activations() -> None:
    config = ResNetConfig(image_size=64, depths=(1, 1, 1, 1))
    code = (
        "from resnet_viz.arch.config import ResNetConfig;"
        "from resnet_viz.training.build_benchmark import measure_build;"
        "config = ResNetConfig(image_size=64, depths=(1, 1, 1, 1));"
        "print(measure_build(config, 'cpu', 8).peak_memory_bytes)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    peak = int(done.stdout)
    needed = 2 * 4 * plan(config).params  # weights and their gradients
    assert needed < peak < 10 * (needed + plan(config).activation_bytes(8))


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory: you")],
)
def test_a_failed_allocation_is_a_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object, seed: int) -> None:
        raise error

    monkeypatch.setattr(build_benchmark, "build_resnet", fails)
    with pytest.raises(BuildFailed, match=r"^Out of memory on cpu: the net with batch 8 needs"):
        measure_build(CONFIG, "cpu", 8)


def test_a_batch_that_does_not_fit_is_a_clear_sentence() -> None:
    with pytest.raises(BuildFailed, match=r"^Out of memory on cpu"):
        measure_build(CONFIG, "cpu", 2**40)


def test_what_cannot_fit_is_refused_with_figures_before_it_is_tried() -> None:
    with pytest.raises(BuildFailed, match=r"need [\d.]+ TB, [\d.]+ GB are free") as caught:
        measure_build(preset("resnet152"), "cpu", batch_size=60_000)
    [terabytes] = re.findall(r"need ([\d.]+) TB", str(caught.value))
    assert float(terabytes) == pytest.approx(60_000 * 178e-6, rel=0.01)  # 178 MB an image


def test_a_failing_device_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("CUDA error: unspecified launch failure\nCompile with X for more")

    monkeypatch.setattr(build_benchmark, "_medians", fails)
    with pytest.raises(BuildFailed) as caught:
        measure_build(CONFIG, "cpu", 2)
    assert str(caught.value) == "RuntimeError: CUDA error: unspecified launch failure"


def test_bad_batches_and_devices_are_refused() -> None:
    one_pixel = ResNetConfig(**(CONFIG.model_dump() | {"image_size": 2}))
    with pytest.raises(ValueError, match="batch_size = 1 "):
        measure_build(one_pixel, "cpu", 1)
    with pytest.raises(ValueError, match="batch_size = 0 "):
        measure_build(CONFIG, "cpu", 0)
    with pytest.raises(ValueError, match=f"'{NOT_THERE}' is not there; there is: .*cpu"):
        measure_build(CONFIG, NOT_THERE)
    with pytest.raises(ValueError, match="device = 'tpu': allowed are 'auto'"):
        measure_build(CONFIG, "tpu")


def test_auto_is_the_best_device_there_is() -> None:
    assert str(resolve("auto")) == available()[0]
    assert resolve("cpu") == torch.device("cpu")
    assert describe(torch.device("cpu")).startswith("cpu, ")


def test_the_devices_are_printed_as_json() -> None:
    command = [sys.executable, "-m", "resnet_viz.training.torch_devices"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed, here = json.loads(done.stdout), report()
    for memory in (*printed.pop("memory").values(), *here.pop("memory").values()):
        assert 0 < memory["free"] <= memory["total"]
    assert printed == here


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_build_on_the_gpu() -> None:
    report = measure_build(CONFIG, "cuda", 4)
    assert report.device.startswith("cuda:0, ")
    assert report.peak_memory_bytes > 4 * plan(CONFIG).params


def test_cuda_is_there_before_its_memory_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def asked(name: str) -> Callable[..., int]:
        return lambda *_: calls.append(name) or 7  # type: ignore[func-returns-value]

    for name in ("init", "reset_peak_memory_stats", "max_memory_allocated"):
        monkeypatch.setattr(torch.cuda, name, asked(name))
    with build_benchmark._peak_memory(torch.device("cuda:0")) as peak:
        assert calls == ["init", "reset_peak_memory_stats"]
    assert peak == [7]
