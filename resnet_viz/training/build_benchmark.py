"""measure_build: a net built on a device, run forward and backward, and timed."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch
from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.experiments.spec_rules import check_batch_size
from resnet_viz.nets.memory_format import memory_format
from resnet_viz.nets.network import build_resnet
from resnet_viz.text import byte_size
from resnet_viz.training.error_messages import sentence
from resnet_viz.training.malloc import give_back
from resnet_viz.training.torch_devices import describe, resolve

_REPEATS = 5
_ENOUGH_SECONDS = 10.0
_SAMPLE_SECONDS = 0.002


class BuildFailed(RuntimeError):  # noqa: N818
    """The net cannot be built or run on the device; its text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was measured; times are medians, forward and backward in training mode.

    `peak_memory_bytes`: on cuda the most that torch had allocated; elsewhere the growth of this
    process's resident memory while it built the net and ran it once, sampled every 2 ms. On Linux
    without pages of files: the first pass in a process reads 40 MB of torch's own code.
    """

    output_shape: tuple[int, ...]
    params: int
    build_seconds: float
    forward_ms: float
    backward_ms: float
    images_per_second: float
    peak_memory_bytes: int
    device: str
    batch_size: int


def measure_build(config: ResNetConfig, device: str = "auto", batch_size: int = 8) -> BuildReport:
    """Build `config` on `device` and run it on random images.

    After one run to warm up there are five, or as many as begin within 10 s.

    Raises:
        ValueError: for a device that is not there, or a batch size that batch norm cannot take.
        BuildFailed: where memory runs out or the device fails.
    """
    check_batch_size(config, batch_size)
    place = resolve(device)
    _check_memory(config, place, batch_size)
    try:
        return _measure(config, place, batch_size)
    except (RuntimeError, MemoryError) as error:
        raise BuildFailed(sentence(error, str(place), batch_size)) from error


def _check_memory(config: ResNetConfig, device: torch.device, batch_size: int) -> None:
    """Refuse what cannot fit: a CPU out of memory raises nothing, its system kills processes."""
    if device.type == "cuda":
        return
    network = plan(config)
    needs = 2 * 4 * network.params + network.activation_bytes(batch_size)
    free = psutil.virtual_memory().available
    if needs > free:
        raise BuildFailed(
            f"Out of memory on {device}: weights, gradients and activations of batch {batch_size} "
            f"need {byte_size(needs)}, {byte_size(free)} are free; choose a smaller batch, net or "
            "image."
        )


def _measure(config: ResNetConfig, device: torch.device, batch_size: int) -> BuildReport:
    with _peak_memory(device) as peak:
        begin = time.perf_counter()
        layout = memory_format(config, device)
        net = build_resnet(config, device, seed=0).to(memory_format=layout)
        _synchronize(device)
        build_seconds = time.perf_counter() - begin
        shape = (batch_size, *config.image_shape)
        images = torch.randn(shape, device=device).to(memory_format=layout)
        logits, _, _ = _pass(net, images)
    forward, backward = _medians(net, images)
    return BuildReport(
        output_shape=tuple(logits.shape),
        params=sum(p.numel() for p in net.parameters()),
        build_seconds=build_seconds,
        forward_ms=1e3 * forward,
        backward_ms=1e3 * backward,
        images_per_second=batch_size / (forward + backward),
        peak_memory_bytes=peak[0],
        device=describe(device),
        batch_size=batch_size,
    )


def _medians(net: nn.Module, images: Tensor) -> tuple[float, float]:
    """Seconds forward and backward."""
    passes: list[tuple[float, float]] = []
    begin = time.perf_counter()
    while not passes or (len(passes) < _REPEATS and time.perf_counter() - begin < _ENOUGH_SECONDS):
        passes.append(_pass(net, images)[1:])
    forward, backward = zip(*passes, strict=True)
    return statistics.median(forward), statistics.median(backward)


def _pass(net: nn.Module, images: Tensor) -> tuple[Tensor, float, float]:
    """The logits, and seconds forward and backward."""
    net.zero_grad(set_to_none=True)
    times = [time.perf_counter()]
    logits: Tensor = net(images)
    loss = logits.square().mean()
    _synchronize(images.device)
    times.append(time.perf_counter())
    loss.backward()  # type: ignore[no-untyped-call]
    _synchronize(images.device)
    times.append(time.perf_counter())
    return logits.detach(), times[1] - times[0], times[2] - times[1]


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


@contextmanager
def _peak_memory(device: torch.device) -> Iterator[list[int]]:
    """A list of one number, set at the end: the peak in bytes (see `BuildReport`)."""
    if device.type == "cuda":
        peak = [0]
        torch.cuda.init()  # type: ignore[no-untyped-call]  # before it there is nothing to reset
        torch.cuda.reset_peak_memory_stats(device)
        yield peak
        peak[0] = torch.cuda.max_memory_allocated(device)
        return
    with _sampled_growth() as peak:
        yield peak


@contextmanager
def _sampled_growth() -> Iterator[list[int]]:
    give_back()  # else what is free from before would be used, and not seen
    process, peak, ended = psutil.Process(), [0], threading.Event()
    base = _own_bytes(process)

    def sample() -> None:
        peak[0] = max(peak[0], _own_bytes(process) - base)

    def watch() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            sample()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
        sample()
    finally:
        ended.set()
        watcher.join()


def _own_bytes(process: psutil.Process) -> int:
    """What it has in memory; on Linux without the pages of files, such as those of libraries."""
    memory = process.memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
