"""Lab.watch beside wandb.watch and TensorBoard's histograms: the same loop, CPU time of a step.

wandb and tensorboard are no dependencies of the project: what is not installed is not measured.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from benchmarks.result import Result
from resnet_viz.lab.lab import Lab

WARM_UP, STEPS = 4, 40
After = Callable[[Tensor], object]
"""What a watcher does after the optimiser's step."""


def run() -> Iterator[Result]:
    """torchvision's resnet18 at 64 pixels, batches of 32; as many steps as two measured ones."""
    torch.set_num_threads(1)
    bare = _seconds(_nothing)
    for name, watching in (
        ("Lab.watch", _ours),
        ("wandb.watch(log='gradients', log_freq=1)", _wandb),
        ("TensorBoard, a histogram of each layer's gradient", _tensorboard),
    ):
        what = f"a watched step of torchvision's resnet18 / without: {name}"
        module = {_wandb: "wandb", _tensorboard: "tensorboard"}.get(watching)
        if module and find_spec(module) is None:
            yield Result(what, f"not measured: {module} is not installed")
            continue
        ratio = _seconds(watching) / bare
        is_ours = watching is _ours
        goal, met = ("at most 1.05", ratio <= 1.05) if is_ours else ("", None)
        yield Result(what, f"{ratio:.3f} (without {1000 * bare:.0f} ms)", goal, met)


def _seconds(watching: Callable[[nn.Module], AbstractContextManager[After]]) -> float:
    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images, labels = torch.randn(32, 3, 64, 64), torch.randint(10, (32,))
    taken = []
    with watching(model) as after:
        for _ in range(WARM_UP + STEPS):
            begin = time.process_time()
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(images), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            after(loss)
            taken.append(time.process_time() - begin)
    return mean(taken[WARM_UP:])


@contextmanager
def _nothing(model: nn.Module) -> Iterator[After]:
    yield lambda loss: None


@contextmanager
def _ours(model: nn.Module) -> Iterator[After]:
    with (
        tempfile.TemporaryDirectory() as home,
        Lab(home).watch(model, blocks=[f"layer{i}.{j}" for i in range(1, 5) for j in (0, 1)]) as w,
    ):
        yield w.step


@contextmanager
def _wandb(model: nn.Module) -> Iterator[After]:
    import wandb  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["WANDB_SILENT"] = "true"
        run: Any = wandb.init(mode="offline", dir=folder)
        stack.callback(run.finish)
        run.watch(model, log="gradients", log_freq=1)
        yield lambda loss: run.log({"loss": loss.item()})


@contextmanager
def _tensorboard(model: nn.Module) -> Iterator[After]:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        writer: Any = SummaryWriter(Path(folder))
        steps = iter(range(10_000))

        def after(loss: Tensor) -> None:
            step = next(steps)
            writer.add_scalar("loss", loss.item(), step)
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and parameter.ndim > 1:
                    writer.add_histogram(name, parameter.grad, step)

        yield after
        writer.close()
