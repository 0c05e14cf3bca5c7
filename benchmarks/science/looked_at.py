"""Rows about trained nets that are looked at: ranks, lesions, paths, curvature, responses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.science.nets import Arrays, found, images, new, records, trained
from benchmarks.science.row import Measured, Row
from resnet_viz import ResNetConfig
from resnet_viz.nets.network import ResNet
from resnet_viz.papers.nets import DIGITS, cifar, plain

_LONG = 200
"""Steps after which nets of 20 layers, and residual-56, answer 98 % right."""


def rank(seeds: Sequence[int], _quick: bool) -> Iterator[Measured]:
    """The median block's effective rank at steps 0 and 20."""
    for name, net, start, end in (
        ("plain-56", plain(56), (29, 40), (1.1, 2.5)),
        ("residual-56", cifar(56), (34, 39), (23, 26)),
    ):
        taken = [records(net, seed, steps=21, measure_every=20) for seed in seeds]
        for step, reported in ((0, start), (20, end)):
            ours = [float(np.median(run[step].values["effective_rank"])) for run in taken]
            yield Row(f"{name}, effective rank at step {step}", ours, reported)


def curvature(seeds: Sequence[int], _quick: bool) -> Iterator[Measured]:
    """The Hessian's largest eigenvalue of a new net, in size; CKA of input and last block."""
    for name, net, eigenvalue, cka in (
        ("plain-56", plain(56, **DIGITS), (3e6, 1.5e7), (0.14, 0.22)),
        ("residual-56", cifar(56, **DIGITS), (58, 414), (0.44, 0.52)),
    ):
        taken = [found(new(net, seed), "hessian", seed) for seed in seeds]
        yield Row(
            f"{name}, largest eigenvalue", [abs(float(a["eigenvalue"])) for a in taken], eigenvalue
        )
        alike = [found(new(net, seed), "rank_cka", seed) for seed in seeds]
        ours = [float(a["cka"][-1]) for a in alike]
        yield Row(f"{name}, CKA of the input and the last block", ours, cka)


def lesions(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """One block deleted from a trained net: the median error, and the stages' first blocks'."""
    for name, net, reported in (
        ("plain-20", plain(20), (0.88, 0.90)),
        ("residual-20", cifar(20), (0.02, 0.05)),
        ("residual-56", cifar(56), (0.004, 0.012)),
    ):
        if quick and name != "residual-20":
            continue
        taken = [_lesions(net, seed) for seed in seeds[:3]]
        ours = [float(np.nanmedian(arrays["error"])) for arrays in taken]
        yield Row(f"{name}, error without one block (median)", ours, reported, 0.02)
        if name == "residual-56":
            first = [float(np.nanmax(arrays["error"][[0, 9, 18]])) for arrays in taken]
            what = "residual-56, error without a stage's first block (the worse one)"
            yield Row(what, first, (0.45, 0.77))


def _lesions(config: ResNetConfig, seed: int) -> Arrays:
    return found(trained(config, seed, steps=_LONG), "lesions", seed)


def paths(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Lengths of the paths by which 5 to 95 % of the gradient come, of 27 blocks."""
    zero = cifar(56, **DIGITS, zero_init_residual=True)
    nets: list[tuple[str, ResNet, tuple[float, float]]] = [
        ("residual-56, new", new(cifar(56, **DIGITS), seeds[0]), (7, 14)),
        ("zero-init, new", new(zero, seeds[0]), (0, 0)),
    ]
    if not quick:
        nets.append(("residual-56, trained", trained(cifar(56), seeds[0], steps=_LONG), (4, 13)))
    for name, net, (low, high) in nets:
        arrays = found(net, "path_lengths", seeds[0])
        yield Row(f"{name}, shortest", [float(arrays["low"])], (low, low), 1.0)
        yield Row(f"{name}, longest", [float(arrays["high"])], (high, high), 1.0)


def landscape(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The share of points where the surface bends downwards, after 80 steps; the centre's loss."""
    for name, net, share, centre in (
        ("plain-56", plain(56), (0.64, 0.74), (1.4, 2.2)),
        ("residual-56", cifar(56), (0.07, 0.49), (0.01, 0.03)),
    ):
        if quick:
            return
        taken = [found(trained(net, seed), "landscape", seed) for seed in seeds[:2]]
        ours = [float(arrays["nonconvex"]) for arrays in taken]
        yield Row(f"{name}, share of points that bend downwards", ours, share, 0.1)
        middle = [float(arrays["loss"][6, 6]) for arrays in taken]
        yield Row(f"{name}, loss in the middle", middle, centre)


def responses(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Std of responses after their norm (He 2015, Fig. 7), 120 steps: about 1 everywhere."""
    net = cifar(20 if quick else 56)
    taken = [records(net, seed, steps=121, measure_every=120) for seed in seeds[:2]]
    ours = [float(np.median(run[-1].values["response_std"])) for run in taken]
    yield Row("residual, median response std", ours, (1.0, 1.0), said="about 1: no lesson")


def zeros(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The share of activations that are 0 after 60 steps."""
    for name, net, reported in (
        ("plain", plain(20 if quick else 56), 0.50),
        ("residual", cifar(20 if quick else 56), 0.36),
    ):
        ours = [_share_of_zeros(trained(net, seed, steps=60), seed) for seed in seeds[:2]]
        yield Row(f"{name}, share of zeros", ours, (reported, reported), 0.08)


def _share_of_zeros(net: ResNet, seed: int) -> float:
    shares: list[float] = []

    def look(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        shares.append(float((output == 0).float().mean()))

    hooks = [m.register_forward_hook(look) for m in net.modules() if isinstance(m, nn.ReLU)]
    with torch.no_grad():
        net.train()(images(64, seed)[0])
    for hook in hooks:
        hook.remove()
    return float(np.mean(shares))
