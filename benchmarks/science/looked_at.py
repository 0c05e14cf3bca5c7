"""Rows about trained nets that are looked at: ranks, lesions, paths, curvature, responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.science.nets import of_new, of_trained, runs
from benchmarks.science.row import Measured, Row
from resnet_viz import ResNetConfig, RunSpec, train
from resnet_viz.findings.claims.feature_collapse import median_ranks
from resnet_viz.nets.network import ResNet
from resnet_viz.papers.exhibits.he2015_fig7 import median_response
from resnet_viz.papers.exhibits.li2018_fig1 import share
from resnet_viz.papers.exhibits.veit2016_fig3 import median_error
from resnet_viz.papers.nets import DIGITS, cifar, plain
from resnet_viz.training.at_initialisation import batch_of

_LONG = 200
"""Steps after which nets of 20 layers, and residual-56, answer 98 % right."""


def rank(seeds: Sequence[int], _quick: bool) -> Iterator[Measured]:
    """The median block's effective rank at steps 0 and 20."""
    for name, net, start, end in (
        ("plain-56", plain(56), (29, 40), (1.1, 2.5)),
        ("residual-56", cifar(56), (34, 39), (23, 26)),
    ):
        ranks = [median_ranks(run) for run in runs(net, seeds)]
        for step, reported in ((0, start), (20, end)):
            ours = [float(one.values[one.steps == step].item()) for one in ranks]
            yield Row(f"{name}, effective rank at step {step}", ours, reported)


def _eigenvalue(arrays: Mapping[str, Any]) -> float:
    return abs(float(np.squeeze(arrays["eigenvalue"])))


def _cka(arrays: Mapping[str, Any]) -> float:
    return float(arrays["cka"][-1])


def curvature(seeds: Sequence[int], _quick: bool) -> Iterator[Measured]:
    """The Hessian's largest eigenvalue of a new net, in size; CKA of input and last block."""
    nets = {"plain-56": plain(56, **DIGITS), "residual-56": cifar(56, **DIGITS)}
    eigenvalues = of_new(nets, seeds, "hessian", _eigenvalue)
    alike = of_new(nets, seeds, "rank_cka", _cka)
    for name, eigenvalue, cka in (
        ("plain-56", (3e6, 1.5e7), (0.14, 0.22)),
        ("residual-56", (58, 414), (0.44, 0.52)),
    ):
        yield Row(f"{name}, largest eigenvalue", eigenvalues[name], eigenvalue)
        yield Row(f"{name}, CKA of the input and the last block", alike[name], cka)


def lesions(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """One block deleted from a trained net: the median error, and the stages' first blocks'."""
    for name, net, reported in (
        ("plain-20", plain(20), (0.88, 0.90)),
        ("residual-20", cifar(20), (0.02, 0.05)),
        ("residual-56", cifar(56), (0.004, 0.012)),
    ):
        if quick and name != "residual-20":
            continue
        ours = of_trained(net, seeds[:3], "lesions", median_error, steps=_LONG)
        yield Row(f"{name}, error without one block (median)", ours, reported, 0.02)
        if name == "residual-56":
            first = of_trained(net, seeds[:3], "lesions", _first_blocks, steps=_LONG)
            what = "residual-56, error without a stage's first block (the worse one)"
            yield Row(what, first, (0.45, 0.77))


def _first_blocks(arrays: Mapping[str, Any]) -> float:
    return float(np.nanmax(np.asarray(arrays["error"])[[0, 9, 18]]))


def paths(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Lengths of the paths by which 5 to 95 % of the gradient come, of 27 blocks."""
    nets = {
        "residual-56, new": cifar(56, **DIGITS),
        "zero-init, new": cifar(56, **DIGITS, zero_init_residual=True),
    }
    for read, what, reported in (
        (_shortest, "shortest", (7, 0, 4)),
        (_longest, "longest", (14, 0, 13)),
    ):
        ours = dict(of_new(nets, seeds[:1], "path_lengths", read))
        if not quick:
            long = of_trained(cifar(56), seeds[:1], "path_lengths", read, steps=_LONG)
            ours["residual-56, trained"] = long
        for (name, lengths), length in zip(ours.items(), reported, strict=False):
            yield Row(f"{name}, {what}", lengths, (length, length), 1.0)


def _shortest(arrays: Mapping[str, Any]) -> float:
    return float(np.squeeze(arrays["low"]))


def _longest(arrays: Mapping[str, Any]) -> float:
    return float(np.squeeze(arrays["high"]))


def landscape(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The share of points where the surface bends downwards, after 80 steps; the centre's loss."""
    for name, net, downwards, centre in (
        ("plain-56", plain(56), (0.64, 0.74), (1.4, 2.2)),
        ("residual-56", cifar(56), (0.07, 0.49), (0.01, 0.03)),
    ):
        if quick:
            return
        ours = of_trained(net, seeds[:2], "landscape", share, steps=80)
        yield Row(f"{name}, share of points that bend downwards", ours, downwards, 0.1)
        middle = of_trained(net, seeds[:2], "landscape", _middle, steps=80)
        yield Row(f"{name}, loss in the middle", middle, centre)


def _middle(arrays: Mapping[str, Any]) -> float:
    return float(np.asarray(arrays["loss"])[6, 6])


def responses(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Std of responses after their norm (He 2015, Fig. 7), 120 steps: about 1 everywhere."""
    net = cifar(20 if quick else 56)
    taken = [run.history.series("response_std") for run in runs(net, seeds[:2], steps=121)]
    ours = [median_response({"response_std": one.values[-1]}) for one in taken]
    yield Row("residual, median response std", ours, (1.0, 1.0), said="about 1: no lesson")


def zeros(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The share of activations that are 0 after 60 steps."""
    for name, net, reported in (
        ("plain", plain(20 if quick else 56), 0.50),
        ("residual", cifar(20 if quick else 56), 0.36),
    ):
        ours = [_share_of_zeros(net, seed) for seed in seeds[:2]]
        yield Row(f"{name}, share of zeros", ours, (reported, reported), 0.08)


def _share_of_zeros(config: ResNetConfig, seed: int) -> float:
    """By hooks of its own: no quantity counts single zeros (dead_share counts whole channels)."""
    nets: list[ResNet] = []
    for _ in train(RunSpec(config=config, seed=seed), instruments=False, built=nets.append):
        pass
    shares: list[float] = []

    def look(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        shares.append(float((output == 0).float().mean()))

    (net,) = nets
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(look)
    with torch.no_grad():
        net.train()(batch_of(cifar(8, **DIGITS), "digits", 64, seed)[0])
    return float(np.mean(shares))
