"""python -m benchmarks.science: what the lessons are built on, repeated from the public API.

Each row is trained anew, on handwritten digits 8x8, batch 64, SGD momentum 0.9, weight decay 1e-4,
one thread; ours are ranges over the seeds, and stand beside what was reported for another
implementation of the same nets. What differs is printed as it is: a deep plain net's course is
chaotic, and differs between machines.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from torch.nn import functional

from resnet_viz import ResNetConfig, RunSpec, plain_twin, preset, train
from resnet_viz.lab.data.images import load
from resnet_viz.lab.records import StepRecord
from resnet_viz.nets.network import ResNet

SEEDS = (0, 1, 2, 3, 4)


class Row(NamedTuple):
    """A figure: of which net and setting, ours by seed, and what was reported."""

    what: str
    ours: Sequence[float]
    reported: str


def cifar(depth: int, **changes: object) -> ResNetConfig:
    """The CIFAR net of a depth 6n + 2, widths 16, 32, 64, option A."""
    blocks = (depth - 2) // 6
    fields = preset("resnet56-cifar").model_dump() | {"depths": (blocks,) * 3} | changes
    return ResNetConfig.model_validate(fields)


def records(config: ResNetConfig, seed: int, **settings: object) -> list[StepRecord]:
    """A run's records, of 60 steps at lr 0.01 unless said otherwise."""
    fields = {"config": config, "seed": seed, "device": "cpu", "measure_every": 1_000_000}
    return list(train(RunSpec.model_validate(fields | settings)))


def last_loss(taken: Sequence[StepRecord]) -> float:
    """The minibatch's loss at the last step."""
    return taken[-1].loss


def highest_loss(taken: Sequence[StepRecord]) -> float:
    """The largest on the way."""
    return max(record.loss for record in taken)


def first_over_last(taken: Sequence[StepRecord], steps: slice) -> float:
    """The first layer's gradient norm over the last's, the median over some steps."""
    return float(np.median([r.grad_norm[0] / r.grad_norm[-1] for r in taken[steps]]))


def default_race(seeds: Sequence[int], _quick: bool) -> Iterator[Row]:
    """resnet56-cifar against plain56-cifar."""
    residual = [records(cifar(56), seed) for seed in seeds]
    plain = [records(plain_twin(cifar(56)), seed) for seed in seeds]
    yield Row("residual-56, loss at step 60", [*map(last_loss, residual)], "0.04 to 0.10")
    yield Row("plain-56, loss at step 60", [*map(last_loss, plain)], "1.84 to 2.24")
    yield Row("residual-56, largest loss", [*map(highest_loss, residual)], "2.9 to 3.5")
    for steps, reported in (
        (slice(0, 1), "about 1.6e3"),
        (slice(5, 20), "about 0.9"),
        (slice(40, 60), "0.2 to 0.3"),
    ):
        ratios = [first_over_last(taken, steps) for taken in plain]
        when = "step 0" if steps.stop == 1 else f"steps {steps.start} to {steps.stop - 1}"
        yield Row(f"plain-56, first over last layer's gradient, {when}", ratios, reported)


DEGRADATION = (
    (8, "0.21 to 0.22", "0.12"),
    (14, "0.15 to 0.18", "0.03 to 0.05"),
    (20, "0.21 to 0.25", "0.02 to 0.03"),
    (32, "0.65 to 1.17", "0.01 to 0.03"),
    (44, "1.47 to 1.54", "0.01 to 0.03"),
    (56, "1.99 to 2.22", "0.02 to 0.03"),
    (110, "2.30 to 2.31", "0.02 to 0.07"),
)


def degradation(seeds: Sequence[int], quick: bool) -> Iterator[Row]:
    """The loss over the whole training set after 80 steps, by depth."""
    for depth, plain, residual in DEGRADATION:
        if quick and depth not in (8, 20, 56):
            continue
        for net, name, reported in (
            (plain_twin(cifar(depth)), "plain", plain),
            (cifar(depth), "residual", residual),
        ):
            ours = [_trained_loss(net, seed) for seed in seeds]
            yield Row(f"{name}-{depth}, training set's loss after 80 steps", ours, reported)


def _trained_loss(config: ResNetConfig, seed: int) -> float:
    """With the statistics of batches of 250: running ones lag behind after 80 steps."""
    held: list[ResNet] = []
    spec = RunSpec(config=config, seed=seed, steps=80, device="cpu")
    for _ in train(spec, instruments=False, built=held.append):
        pass
    data = load("digits")
    with torch.no_grad():
        logits = torch.cat([held[0](images) for images in torch.split(data.images, 250)])
    return functional.cross_entropy(logits, data.labels).item()


def initialisation(seeds: Sequence[int], quick: bool) -> Iterator[Row]:
    """The gradient at the first block's input over that at the last's, before any update."""
    for depth, plain, residual in ((56, "3e3", "25"), (110, "3e6 to 6e6", "45 to 65")):
        if quick and depth > 56:
            continue
        nets = (
            (plain_twin(cifar(depth)), f"plain-{depth}", plain),
            (cifar(depth), f"residual-{depth}", residual),
            (cifar(depth, zero_init_residual=True), f"residual-{depth}, zero-init", "1.0"),
        )
        for net, name, reported in nets:
            ours = [_ratio_at_start(net, seed) for seed in seeds]
            yield Row(f"{name}, gradient ratio at the start", ours, reported)


def _ratio_at_start(config: ResNetConfig, seed: int) -> float:
    (record,) = records(config, seed, steps=1)
    norms = record.values["grad_input_norm"]
    return float(norms[0] / norms[-1])


TRANSFORMS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("identity", {}, "0.05 to 0.08"),
    ("shortcut-only gate", {"shortcut_transform": "shortcut_only_gate"}, "0.13"),
    ("exclusive gate", {"shortcut_transform": "exclusive_gate"}, "0.4"),
    ("1x1 convolution", {"shortcut_transform": "conv1x1"}, "1.5 to 1.7"),
    ("option C", {"shortcut": "projection_all"}, "1.6 to 1.8"),
    ("scaled by 0.5", {"shortcut_transform": "scaled"}, "1.8 to 2.0"),
    ("dropout 0.5", {"shortcut_transform": "dropout"}, "diverges"),
)


def transforms(seeds: Sequence[int], quick: bool) -> Iterator[Row]:
    """What is done to the shortcut (He 2016, Table 1), at depth 56, 60 steps, lr 0.01."""
    for name, changes, reported in TRANSFORMS:
        if quick and name not in ("identity", "exclusive gate", "scaled by 0.5"):
            continue
        ours = [last_loss(records(cifar(56, **changes), seed)) for seed in seeds]
        yield Row(f"shortcut: {name}, loss at step 60", ours, reported)


def preactivation(seeds: Sequence[int], quick: bool) -> Iterator[Row]:
    """Original against full pre-activation at lr 0.1, 60 steps."""
    for depth, original, peak, later in (
        (56, "1.85", "13 to 65", "0.10"),
        (110, "2.05 to 8.4", "", "0.10 to 0.15"),
    ):
        if quick and depth > 56:
            continue
        taken = [records(cifar(depth), seed, lr=0.1) for seed in seeds]
        yield Row(
            f"original-{depth} at lr 0.1, loss at step 60", [*map(last_loss, taken)], original
        )
        yield Row(f"original-{depth} at lr 0.1, largest loss", [*map(highest_loss, taken)], peak)
        net = cifar(depth, activation_order="full_preactivation")
        ours = [last_loss(records(net, seed, lr=0.1)) for seed in seeds]
        yield Row(f"pre-activation-{depth} at lr 0.1, loss at step 60", ours, later)


PARTS: dict[str, Callable[[Sequence[int], bool], Iterator[Row]]] = {
    "race": default_race,
    "degradation": degradation,
    "init": initialisation,
    "transforms": transforms,
    "preactivation": preactivation,
}


def span(numbers: Sequence[float]) -> str:
    """Such as "0.04 to 0.1", or one number where there is no more."""
    low, high = (f"{edge:.2g}" for edge in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"


def main(arguments: Sequence[str]) -> int:
    """Print the rows of the parts asked for, each as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.science", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many, from 0; at most 5")
    parser.add_argument("--quick", action="store_true", help="one seed, and fewer nets")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not 1 <= given.seeds <= len(SEEDS):
        parser.error(f"--seeds {given.seeds} is not allowed; allowed are 1 to {len(SEEDS)}")
    torch.set_num_threads(1)
    seeds = SEEDS[: 1 if given.quick else given.seeds]
    show = partial(Console(highlight=False, soft_wrap=True).print, markup=False)
    for part in given.parts or PARTS:
        begin = time.perf_counter()
        show(f"{part}: {str(PARTS[part].__doc__).strip()} Seeds {', '.join(map(str, seeds))}.")
        for row in PARTS[part](seeds, given.quick):
            show(f"  {row.what}: {span(row.ours)} (reported: {row.reported or 'nothing'})")
        show(f"  {time.perf_counter() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
