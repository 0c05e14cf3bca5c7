"""Lab.watch beside wandb.watch and TensorBoard's histograms: the same loop, CPU time of a step.

wandb and tensorboard are no dependencies of the project: what is not installed is not measured.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from benchmarks.result import Result
from resnet_viz import Lab, RunSpec, preset
from resnet_viz.training.watching.watcher import MEASURE_EVERY

WARM_UP, STEPS = 4, 60
After = Callable[[Tensor], object]
"""What a watcher does after the optimiser's step."""
Watch = Callable[[nn.Module], AbstractContextManager[After]]


def run() -> Iterator[Result]:
    """torchvision's resnet18 at 64 pixels, batches of 32; each step beside one that is not watched.

    As many steps as three measured ones come in. Of steps of one kind the median of the ratios
    counts, and each kind as often as it comes.
    """
    torch.set_num_threads(1)
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
        bare, watched = _seconds(watching)
        ratio = _mean_by_kind([one / other for one, other in zip(watched, bare, strict=True)])
        is_ours = watching is _ours
        goal, met = ("at most 1.05", ratio <= 1.05) if is_ours else ("", None)
        value = f"{ratio:.3f} (without {1000 * statistics.median(bare):.0f} ms)"
        yield Result(what, value, goal, met)
    for name, make in (("ViT-Tiny of 64 pixels", _vit), ("a GPT of 4 layers", _gpt)):
        bare, watched = _seconds(_finding, make)
        ratio = sum(watched) / sum(bare)
        what = f"a watched step of {name} / without: Lab.watch, blocks found"
        value = f"{ratio:.3f} (without {1000 * statistics.median(bare):.0f} ms)"
        yield Result(what, value, "at most 1.05", ratio <= 1.05)


def _mean_by_kind(ratios: Sequence[float]) -> float:
    """Of the measured steps, of those that look at the weights and of the others."""
    spec = RunSpec(config=preset("resnet18"), image_size=64, batch_size=32)
    kinds: dict[tuple[bool, bool], list[float]] = defaultdict(list)
    for step, own in enumerate(ratios, WARM_UP):
        kinds[step % MEASURE_EVERY == 0, step % spec.weights_every == 0].append(own)
    return sum(len(own) * statistics.median(own) for own in kinds.values()) / len(ratios)


def _images() -> tuple[nn.Module, Tensor]:
    return resnet18(num_classes=10), torch.randn(32, 3, 64, 64)


def _vit() -> tuple[nn.Module, Tensor]:
    from timm.models import VisionTransformer  # noqa: PLC0415

    sizes: dict[str, Any] = {
        "img_size": 64,
        "patch_size": 8,
        "embed_dim": 192,
        "depth": 12,
        "num_heads": 3,
    }
    return VisionTransformer(num_classes=10, **sizes), torch.randn(16, 3, 64, 64)


def _gpt() -> tuple[nn.Module, Tensor]:
    layer = nn.TransformerEncoderLayer(128, 4, 512, batch_first=True, norm_first=True)
    trunk = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    return nn.Sequential(nn.Embedding(256, 128), trunk, _Last(128)), torch.randint(256, (16, 64))


class _Last(nn.Linear):
    """The next token after the last place, one of ten."""

    def __init__(self, width: int) -> None:
        super().__init__(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[:, -1])


Make = Callable[[], tuple[nn.Module, Tensor]]


def _seconds(watching: Watch, make: Make = _images) -> tuple[list[float], list[float]]:
    """CPU time of each step without and with, in turn; which is first changes each time."""
    loops = {is_watched: _Loop(make) for is_watched in (False, True)}
    taken: dict[bool, list[float]] = {False: [], True: []}
    with watching(loops[True].model) as after:
        for step in range(WARM_UP + STEPS):
            for is_watched in (False, True) if step % 2 else (True, False):
                begin = time.process_time()
                loss = loops[is_watched].step()
                if is_watched:
                    after(loss)
                taken[is_watched].append(time.process_time() - begin)
    return taken[False][WARM_UP:], taken[True][WARM_UP:]


class _Loop:
    """A net and its optimiser, as anyone writes it."""

    def __init__(self, make: Make) -> None:
        torch.manual_seed(0)
        self.model, self._images = make()
        self._optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self._labels = torch.randint(10, (len(self._images),))

    def step(self) -> Tensor:
        self._optimizer.zero_grad()
        loss = functional.cross_entropy(self.model(self._images), self._labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss


@contextmanager
def _nothing(model: nn.Module) -> Iterator[After]:
    yield lambda loss: None


@contextmanager
def _ours(model: nn.Module) -> Iterator[After]:
    with (
        tempfile.TemporaryDirectory() as home,
        Lab(home).watch(model) as w,
    ):
        yield w.step


@contextmanager
def _finding(model: nn.Module) -> Iterator[After]:
    with tempfile.TemporaryDirectory() as home, Lab(home).watch(model) as w:
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
