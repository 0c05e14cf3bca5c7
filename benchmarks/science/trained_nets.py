"""Rows about what training makes of nets: losses after short runs, by depth and variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.science.nets import end_losses, highest_losses, last_losses, runs
from benchmarks.science.row import Measured, Missing, Row
from resnet_viz import preset
from resnet_viz.arch.config import revise
from resnet_viz.data.registry import datasets
from resnet_viz.findings.gradient_flow import weight_ratio
from resnet_viz.papers.nets import cifar, plain

_DIVERGES = (10.0, np.inf)
_SELDOM = 1_000_000
"""Activations are measured at the first step alone."""


def race(seeds: Sequence[int], _quick: bool) -> Iterator[Measured]:
    """resnet56-cifar against plain56-cifar."""
    residual, deep = runs(cifar(56), seeds), runs(plain(56), seeds)
    yield Row("residual-56, loss at step 60", last_losses(residual), (0.04, 0.10))
    yield Row("plain-56, loss at step 60", last_losses(deep), (1.84, 2.25))
    yield Row("residual-56, largest loss", highest_losses(residual), (2.9, 3.5))
    for when, steps, reported in (
        ("step 0", (0, 0), (1.6e3, 1.6e3)),
        ("steps 5 to 19", (5, 19), (0.07, 0.9)),
        ("steps 40 to 59", (40, 59), (0.02, 0.3)),
    ):
        ours = [weight_ratio(run, steps) for run in deep]
        yield Row(f"plain-56, first over last layer's weight gradient, {when}", ours, reported)
    by_inputs = plain(56, init="kaiming_fan_in")  # as the reported net was initialised
    for what, quantity, step, reported in (
        ("first layer's update at step 0 over its size", "update_ratio", 0, (1.0, 12.0)),
        ("first layer's norm at step 0", "weight_norm", 0, (5.7, 5.7)),
        ("first layer's norm at step 1", "weight_norm", 1, (60.0, 60.0)),
    ):
        taken = [run.history.series(quantity) for run in runs(by_inputs, seeds, steps=2)]
        yield Row(f"plain-56, {what}", [float(one.values[step, 0]) for one in taken], reported)


def rates(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The residual net's largest loss at larger learning rates."""
    for name, settings, reported in (
        ("lr 0.1", {"lr": 0.1}, (13.0, 65.0)),
        ("lr 0.05", {"lr": 0.05}, (2.9, 12.8)),
        ("lr 0.1, 30 steps of warm-up", {"lr": 0.1, "warmup_steps": 30}, (2.9, 22.6)),
    ):
        if quick and name != "lr 0.1":
            continue
        ours = highest_losses(runs(cifar(56), seeds, **settings))
        yield Row(f"residual-56, largest loss at {name}", ours, reported)


_DEGRADATION: tuple[tuple[int, tuple[float, float], tuple[float, float]], ...] = (
    (8, (0.21, 0.22), (0.12, 0.12)),
    (14, (0.15, 0.18), (0.03, 0.05)),
    (20, (0.21, 0.25), (0.02, 0.03)),
    (32, (0.65, 1.17), (0.01, 0.03)),
    (44, (1.47, 1.54), (0.01, 0.03)),
    (56, (1.99, 2.22), (0.02, 0.03)),
    (110, (2.30, 2.31), (0.02, 0.07)),
)


def degradation(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The training set's loss after 80 steps, by depth (He 2015, Fig. 1 and 6), on 1,000 images."""
    for depth, without, residual in _DEGRADATION:
        if quick and depth not in (8, 20, 56):
            continue
        for net, name, reported in (
            (plain(depth), "plain", without),
            (cifar(depth), "residual", residual),
        ):
            ours = end_losses(net, seeds, steps=80)
            yield Row(f"{name}-{depth}, training set's loss after 80 steps", ours, reported)


def no_rescue(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """plain-56 is not only slow: longer runs, other rates and Adam do not rescue it."""
    if not quick:
        ours = end_losses(plain(56), seeds[:2], steps=400, lr=0.03)
        yield Row("plain-56, 400 steps, lr 0.03", ours, (1.38, 1.41))
    for rate in (0.0003, 0.001, 0.003, 0.03, 0.1)[:: 4 if quick else 1]:
        ours = end_losses(plain(56), seeds[:2], steps=80, lr=rate)
        yield Row(f"plain-56, 80 steps, lr {rate:g}", ours, (1.4, 2.35), said="not rescued: > 1.4")
    adam = {"optimizer": "adam", "lr": 0.001, "momentum": 0.9, "weight_decay": 0.0}
    ours = end_losses(plain(56), seeds[:2], steps=80, **adam)
    yield Row("plain-56, 80 steps of Adam, lr 0.001", ours, (2.24, 2.24))


TRANSFORMS: tuple[tuple[str, dict[str, object], tuple[float, float]], ...] = (
    ("identity", {}, (0.05, 0.08)),
    ("shortcut-only gate", {"shortcut_transform": "shortcut_only_gate"}, (0.13, 0.13)),
    ("exclusive gate", {"shortcut_transform": "exclusive_gate"}, (0.4, 0.4)),
    ("1x1 convolution", {"shortcut_transform": "conv1x1"}, (1.5, 1.7)),
    ("option C", {"shortcut": "projection_all"}, (1.6, 1.8)),
    ("scaled by 0.5", {"shortcut_transform": "scaled"}, (1.8, 2.0)),
)


def transforms(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """What is done to the shortcut (He 2016, Table 1), at depth 56, 60 steps, lr 0.01."""
    for name, changes, reported in TRANSFORMS:
        if quick and name not in ("identity", "exclusive gate", "scaled by 0.5"):
            continue
        ours = last_losses(runs(cifar(56, **changes), seeds))
        yield Row(f"shortcut: {name}, loss at step 60", ours, reported)
    if not quick:
        ours = highest_losses(runs(cifar(56, shortcut_transform="dropout"), seeds))
        yield Row("shortcut: dropout 0.5, largest loss", ours, _DIVERGES, said="diverges: > 10")


def orders(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Where norm and activation stand (He 2016, Table 2), at depth 56, 60 steps, lr 0.01."""
    for order, reported in (
        ("relu_only_preactivation", (0.04, 0.06)),
        ("full_preactivation", (0.7, 0.7)),
        ("norm_after_addition", (1.96, 1.96)),
        ("relu_before_addition", (1.8, 2.0)),
    ):
        if quick and order != "full_preactivation":
            continue
        ours = last_losses(runs(cifar(56, activation_order=order), seeds))
        yield Row(f"{order.replace('_', ' ')}, loss at step 60", ours, reported)


def preactivation(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Original against full pre-activation at lr 0.1, 60 steps."""
    for depth, original, peak, later in (
        (56, (1.85, 1.85), (13.0, 65.0), (0.10, 0.10)),
        (110, (2.05, 8.4), None, (0.10, 0.15)),
        (164, (2.5, 2.5), None, (0.28, 0.28)),
    ):
        if quick and depth > 56:
            continue
        of = seeds if depth < 164 else seeds[:1]
        taken = runs(cifar(depth), of, lr=0.1)
        yield Row(f"original-{depth} at lr 0.1, loss at step 60", last_losses(taken), original)
        if peak:
            yield Row(f"original-{depth}, largest loss", highest_losses(taken), peak)
        net = cifar(depth, activation_order="full_preactivation")
        ours = last_losses(runs(net, of, lr=0.1))
        yield Row(f"pre-activation-{depth} at lr 0.1, loss at step 60", ours, later)


def deepest(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Depth 1202, 30 steps: no lesson."""
    if not quick:
        ours = last_losses(runs(cifar(1202), seeds[:1], steps=30, measure_every=_SELDOM))
        yield Row("residual-1202, loss at step 30", ours, (44.0, 44.0), said="44: has not learnt")


def fashion(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Fashion-MNIST: degradation at 14x14, and the notebook's forgotten addition."""
    if not datasets()["fashion-mnist"].place:
        yield Missing("degradation and notebook34 on Fashion-MNIST", "its files are not here")
        return
    of = seeds[: 1 if quick else 2]
    small = {"dataset": "fashion-mnist", "image_size": 14}
    for name, net, reported in (
        ("plain-56", plain(56), (2.16, 2.16)),
        ("residual-56", cifar(56), (0.74, 0.88)),
    ):
        yield Row(
            f"{name} on Fashion-MNIST 14x14, 60 steps", end_losses(net, of, **small), reported
        )
    narrow = revise(preset("notebook34"), widths=(16, 32, 64, 128))
    adam = {"dataset": "fashion-mnist", "optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0}
    for name, config, reported in (
        ("without the addition", revise(narrow, shortcut="none"), (2.30, 2.31)),
        ("with it", narrow, (1.12, 1.17)),
    ):
        ours = last_losses(runs(config, of, **adam))
        yield Row(f"notebook34 {name}, loss after 60 steps of Adam", ours, reported)
