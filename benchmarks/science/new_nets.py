"""Rows about new nets: what depth does to the gradient before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import sqrt
from typing import Any

import numpy as np
import torch

from benchmarks.science.nets import of_new, ratios, runs
from benchmarks.science.row import Measured, Row
from resnet_viz import ResNetConfig
from resnet_viz.findings.gradient_flow import flow_at
from resnet_viz.findings.theory.mean_field import padding_factor
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.fits import exponential, power
from resnet_viz.nets.network import build_resnet
from resnet_viz.papers.exhibits.balduzzi2017_fig1 import cosine
from resnet_viz.papers.exhibits.de2020_sec3 import times_k
from resnet_viz.papers.exhibits.goyal2017_sec5 import ratio
from resnet_viz.papers.nets import DIGITS, cifar, plain, uniform
from resnet_viz.training.at_initialisation import batch_of
from resnet_viz.training.perform import perform


def at_start(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The gradient at the first block's input over that at the last's, before any update."""
    for depth, exploding, growing in ((56, (3e3, 3e3), (25, 25)), (110, (3e6, 6e6), (45, 65))):
        if quick and depth > 56:
            continue
        skip_init = {"norm": "none", "residual_scale": "skipinit"}
        nets = {
            f"plain-{depth}": plain(depth, **DIGITS),
            f"residual-{depth}": cifar(depth, **DIGITS),
            f"residual-{depth}, zero-init": cifar(depth, **DIGITS, zero_init_residual=True),
            f"residual-{depth}, SkipInit": cifar(depth, **DIGITS, **skip_init),
        }
        found = of_new(nets, seeds, "gradients", ratio)
        for name, reported in zip(nets, (exploding, growing, (1.0, 1.0), (1.0, 1.0)), strict=True):
            yield Row(f"{name}, gradient ratio at the start", found[name], reported)
        fixup = runs(cifar(depth, norm="none", init="fixup"), seeds, steps=2, measure_every=1)
        flows = [flow_at(run, 1) for run in fixup]
        after = [flow.ratio for flow in flows if flow is not None]
        what = f"residual-{depth}, fixup (after a step: its classifier begins at 0), gradient ratio"
        yield Row(what, after, (1.0, 1.0))
    if not quick:
        ours = ratios(plain(1202, **DIGITS), seeds[:1])
        overflows = [np.inf if not np.isfinite(value) else value for value in ours]
        yield Row("plain-1202, gradient ratio", overflows, (np.inf, np.inf), said="overflows")


_DEPTHS = (8, 14, 20, 32, 56, 110, 218)


def growth(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """How that ratio grows with depth, from 8 to 218 layers: base or power of the better fit."""
    depths = _DEPTHS[:5] if quick else _DEPTHS
    families: tuple[tuple[str, dict[str, object], bool, float], ...] = (
        ("plain", {"shortcut": "none"}, False, 1.159),
        ("shortcut scaled by 0.5", {"shortcut_transform": "scaled"}, False, 1.114),
        ("residual without norm", {"norm": "none"}, False, 1.137),
        ("residual, option A", {}, True, 1.15),
        ("residual, option B", {"shortcut": "projection"}, True, 1.98),
        ("pre-activation", {"activation_order": "full_preactivation"}, True, 1.29),
    )
    for name, fields, is_power, reported in families:
        ours = _rates(fields, depths, seeds, is_power=is_power)
        what = "power of the depth" if is_power else "factor per layer of depth"
        # 1.159 and 1.2 are far apart after a hundred layers: a factor's margin is narrow.
        margin = 0.25 if is_power else 0.02
        yield Row(f"{name}, {what}", ours, (reported, reported), margin)


def _rates(
    fields: dict[str, object], depths: Sequence[int], seeds: Sequence[int], *, is_power: bool
) -> Sequence[float]:
    nets = {f"{depth}": cifar(depth, **DIGITS, **fields) for depth in depths}
    found = of_new(nets, seeds, "gradients", ratio)
    fit, by_depth = power if is_power else exponential, np.array(depths, float)
    fits = [fit(by_depth, np.array(of_seed)) for of_seed in zip(*found.values(), strict=True)]
    return [float("nan") if one is None else one.rate for one in fits]


def _per_layer(config: ResNetConfig, seeds: Sequence[int], batch: int) -> Sequence[float]:
    layers = 2 * (sum(config.depths) - 1)
    found = ratios(config, seeds, images="gaussian", batch_size=batch)
    return [value ** (1 / layers) for value in found]


def mean_field(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The factor per layer in plain nets of one width, which theory predicts."""
    rows: list[tuple[str, ResNetConfig, int, tuple[float, float]]] = [
        ("batch norm, maps of 1 pixel, 128 images", _one(1), 128, (1.209, 1.218)),
        ("batch norm, 8x8 maps", _one(8), 64, (1.16, 1.20)),
        ("batch norm, 4 images", _one(1), 4, (1.44, 1.67)),
        ("batch norm, 16 images", _one(1), 16, (1.27, 1.27)),
        ("batch norm, 256 images", _one(1), 256, (1.20, 1.20)),
    ]
    for size in (2, 4, 8, 14, 28)[: 3 if quick else 5]:
        expected = padding_factor(size)
        rows.append((f"no norm, {size}x{size} maps", _one(size, norm="none"), 32, (expected,) * 2))
    for init, factor in (("xavier", sqrt(1 / 2)), ("pytorch", sqrt(1 / 6))):
        net = _one(4, norm="none", init=init)
        rows.append(
            (
                f"no norm, {init} initialisation, 4x4 maps",
                net,
                32,
                (factor * padding_factor(4),) * 2,
            )
        )
    grouped = [value ** (1 / 52) for value in ratios(plain(56, **DIGITS, norm="group"), seeds)]
    yield Row("plain-56, group norm: factor per layer", grouped, (1.20, 1.20), 0.02)
    for name, net, batch, reported in rows:
        ours = _per_layer(net, seeds, batch)
        yield Row(f"plain, {name}: factor per layer", ours, reported, 0.02)


def _one(size: int, **changes: object) -> ResNetConfig:
    return uniform(8 if size > 8 else 12, size, **({"shortcut": "none"} | changes))


def shattering(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """Cosine of the input gradients of neighbours among 128 points between two digits."""
    nets = (
        ("plain-8", plain(8, **DIGITS), 0.93),
        ("plain-20", plain(20, **DIGITS), 0.53),
        ("plain-56", plain(56, **DIGITS), 0.0),
        ("residual-8", cifar(8, **DIGITS), 0.97),
        ("residual-20", cifar(20, **DIGITS), 0.91),
        ("residual-56", cifar(56, **DIGITS), 0.8),
        ("residual-110", cifar(110, **DIGITS), 0.7),
        ("residual-56, zero-init", cifar(56, **DIGITS, zero_init_residual=True), 0.995),
    )
    for name, net, reported in nets:
        if quick and name.endswith("110"):
            continue
        found = of_new({name: net}, seeds, "shattering", cosine, batch_size=128, points=128)
        what = f"{name}, cosine of neighbours' gradients"
        yield Row(what, found[name], (reported, reported), 0.1)


def shares(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The shortcut's share of the gradient in a new net, mean over blocks."""
    zero: dict[str, object] = {"zero_init_residual": True}
    nets: list[tuple[str, int, dict[str, object], tuple[float, float]]] = [
        ("residual-56", 56, {}, (0.67, 0.73)),
        ("residual-110", 110, {}, (0.80, 0.80)),
        ("option C, depth 56", 56, {"shortcut": "projection_all"}, (0.44, 0.44)),
        ("scaled by 0.5, depth 56", 56, {"shortcut_transform": "scaled"}, (0.11, 0.11)),
        ("zero-init, depth 56", 56, zero, (1.0, 1.0)),
    ]
    for name, depth, fields, reported in nets:
        if quick and depth > 56:
            continue
        net = {name: cifar(depth, **DIGITS, **fields)}
        ours = of_new(net, seeds, "shares", _mean_share)[name]
        yield Row(f"{name}, mean share", ours, reported, 0.06)
        if name == "residual-56":
            cosines = of_new(net, seeds, "shares", _mean_cosine)[name]
            yield Row("residual-56, mean cosine of the parts", cosines, (0.0, 0.0), 0.1)


def _mean_share(arrays: Mapping[str, Any]) -> float:
    return float(np.nanmean(arrays["share"]))


def _mean_cosine(arrays: Mapping[str, Any]) -> float:
    return float(np.nanmean(arrays["cosine"]))


def branches(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """What a branch adds in variance, times k, in one stage of 50 blocks; median for k >= 5."""
    before, one_stage = "full_preactivation", {"depths": (50,), "widths": (16,)}
    nets = {
        "pre-activation": cifar(8, **DIGITS, **one_stage, activation_order=before),
        "original order": cifar(8, **DIGITS, **one_stage),
    }
    found = of_new(nets, seeds, "variance", times_k)
    for name, reported in (("pre-activation", (1.04, 1.19)), ("original order", (2.6, 2.6))):
        yield Row(f"{name}, k x Var F / Var x", found[name], reported)
    what = "without norm, Var F / Var x by the power of k (with batch norm -1)"
    flat = of_new({what: cifar(8, **DIGITS, **one_stage, norm="none")}, seeds, "variance", _power)
    yield Row(what, flat[what], (0.0, 0.0), 0.3, said="flat: 0")
    if quick:
        return
    padded = {"": cifar(110, **DIGITS, activation_order=before, shortcut="zero_pad")}
    for stage, expected in ((2, 0.10), (3, 0.05)):
        first = of_new(padded, seeds, "variance", partial(_of_block, 18 * (stage - 1)))
        what = f"zero padding, depth 110, first block of stage {stage}"
        yield Row(what, first[""], (expected, expected))


def _power(arrays: Mapping[str, Any]) -> float:
    law = power(np.array(arrays["k"][4:], float), np.array(arrays["ratio"][4:], float))
    return float("nan") if law is None else law.rate


def _of_block(number: int, arrays: Mapping[str, Any]) -> float:
    return float(arrays["ratio"][number])


def precision(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """What float32 makes of deep plain nets' gradient ratios, in one seed against float64."""
    for depth, single, double in ((110, 4.0e6, 4.5e6), (218, 7.7e13, 5.7e13)):
        if quick:
            return
        net, seed = plain(depth, **DIGITS), seeds[0]
        exact = _in_float64(net, seed)
        yield Row(f"plain-{depth}, ratio in float32", ratios(net, (seed,)), (single,) * 2)
        yield Row(f"plain-{depth}, ratio in float64", [exact], (double,) * 2)


def _in_float64(config: ResNetConfig, seed: int) -> float:
    inputs, labels = batch_of(config, "digits", 64, seed)
    torch.set_flush_denormal(False)
    net = build_resnet(config, seed=seed).double()
    return ratio(perform(measurement("gradients"), net, inputs.double(), labels))
