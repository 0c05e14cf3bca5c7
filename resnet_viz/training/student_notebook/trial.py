"""Trial of the student's program: built, run forward and backward, and trained for a few steps."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.student_notebook.program import FILE, Fault, source
from resnet_viz.nets.network import build_resnet
from resnet_viz.tensor_stats.norms import norms
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load

IMAGE_SIZE, BATCH, WIDTH, RATE = 32, 32, 16, 1e-3
"""Digits of 32 pixels in minibatches of 32, a net of a quarter of the width, Adam."""
_CLASSES = 10
STAGES = ("conv1", "conv2", "conv3", "conv4", "conv5")
"""As the paper calls them; conv1 with its pooling."""
_OURS: Mapping[str, str] = {"stem": "conv1"} | {
    f"stages.{index}": name for index, name in enumerate(STAGES[1:])
}


def try_program(mended: Collection[Fault], steps: int, seed: int = 0) -> dict[str, Any]:
    """What the program does in which these faults are mended.

    `error` has its type, message and line if it stops with one, else it is None; `shapes` has what
    leaves each stage that it reached, without the batch; `parameters`, and after the first pass
    `gradients`: the norm of each weight's gradient, in the order of the program, None where none
    arrives; `losses` by step, and `seconds` per step.
    """
    outcome: dict[str, Any] = {"error": None, "shapes": {}, "parameters": None}
    outcome |= {"gradients": [], "losses": [], "seconds": None}
    try:
        net = _made(mended, seed)
        _run(net, {name: name for name in STAGES}, outcome, steps, seed)
    except (NameError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        line = _line(error)
        if line is None:  # not the program's
            raise
        message = str(error).partition("\n")[0]
        outcome["error"] = {"type": type(error).__name__, "message": message, "line": line}
    return outcome


def try_paper(steps: int, seed: int = 0) -> dict[str, Any]:
    """The same of the paper's ResNet-34, as wide."""
    config = revise(
        preset("resnet34"),
        widths=tuple(WIDTH * 2**stage for stage in range(4)),
        in_channels=1,
        num_classes=_CLASSES,
        image_size=IMAGE_SIZE,
    )
    outcome: dict[str, Any] = {"error": None, "shapes": {}}
    _run(build_resnet(config, seed=seed), _OURS, outcome, steps, seed)
    return outcome


def _made(mended: Collection[Fault], seed: int) -> nn.Module:
    names: dict[str, Any] = {}
    exec(compile(source(mended), FILE, "exec"), names)  # our own text: see program.txt
    torch.manual_seed(seed)
    net = names["ResNet34"](channels=1, classes=_CLASSES, width=WIDTH)
    assert isinstance(net, nn.Module)
    return net


def _run(
    net: nn.Module, stages: Mapping[str, str], outcome: dict[str, Any], steps: int, seed: int
) -> None:
    """Train a net, and write down what it does as it goes."""
    torch.set_flush_denormal(False)  # gradients may be as small as float32 can hold
    outcome["parameters"] = sum(one.numel() for one in net.parameters())
    updates = torch.optim.Adam(net.parameters(), RATE)
    data = load("digits", IMAGE_SIZE)
    batches = minibatches(data, BATCH, seed, IMAGE_SIZE, torch.device("cpu"))
    outcome["losses"] = []
    begun = time.perf_counter()
    for step, (images, labels) in zip(range(steps), batches, strict=False):
        loss = functional.cross_entropy(
            net(images) if step else _shaped(net, images, stages, outcome["shapes"]), labels
        )
        updates.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if step == 0:
            outcome["gradients"] = _gradients(net)
        updates.step()
        outcome["losses"].append(loss.item())
        outcome["seconds"] = (time.perf_counter() - begun) / (step + 1)


def _shaped(
    net: nn.Module, images: Tensor, stages: Mapping[str, str], shapes: dict[str, list[int]]
) -> Tensor:
    """The net's output; what leaves its stages is written down on the way."""

    def note(name: str, result: Tensor) -> None:
        shapes[name] = list(result.shape[1:])

    hooks = [
        net.get_submodule(path).register_forward_hook(
            lambda _module, _given, result, name=name: note(name, result)
        )
        for path, name in stages.items()
    ]
    try:
        result: Tensor = net(images)
    finally:
        for hook in hooks:
            hook.remove()
    return result


def _gradients(net: nn.Module) -> list[float | None]:
    weights = [one for one in net.parameters() if one.dim() > 1]
    given = iter(norms([one.grad for one in weights if one.grad is not None]).tolist())
    return [None if one.grad is None else next(given) for one in weights]


def _line(error: BaseException) -> int | None:
    """The line of the program on which an error was raised."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
