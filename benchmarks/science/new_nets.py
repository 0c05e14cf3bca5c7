"""Rows about new nets: what depth does to the gradient before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
import torch

from benchmarks.science.nets import found, images, new, ratio_at_start, records
from benchmarks.science.row import Measured, Row
from resnet_viz import ResNetConfig
from resnet_viz.findings.theory.mean_field import padding_factor
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.fits import exponential, power
from resnet_viz.papers.nets import DIGITS, cifar, plain, uniform
from resnet_viz.training.perform import perform


def at_start(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The gradient at the first block's input over that at the last's, before any update."""
    for depth, exploding, growing in ((56, (3e3, 3e3), (25, 25)), (110, (3e6, 6e6), (45, 65))):
        if quick and depth > 56:
            continue
        calm: dict[str, dict[str, object]] = {
            "zero-init": {"zero_init_residual": True},
            "SkipInit": {"norm": "none", "residual_scale": "skipinit"},
        }
        nets = [
            (plain(depth, **DIGITS), f"plain-{depth}", exploding),
            (cifar(depth, **DIGITS), f"residual-{depth}", growing),
            *(
                (cifar(depth, **DIGITS, **fields), f"residual-{depth}, {name}", (1.0, 1.0))
                for name, fields in calm.items()
            ),
        ]
        for net, name, reported in nets:
            ours = [ratio_at_start(net, seed) for seed in seeds]
            yield Row(f"{name}, gradient ratio at the start", ours, reported)
        fixup = cifar(depth, **DIGITS, norm="none", init="fixup")
        ours = [_ratio_after_a_step(fixup, seed) for seed in seeds]
        what = f"residual-{depth}, fixup (after a step: its classifier begins at 0), gradient ratio"
        yield Row(what, ours, (1.0, 1.0))
    if not quick:
        ours = [ratio_at_start(plain(1202, **DIGITS), seed) for seed in seeds[:1]]
        overflows = [np.inf if not np.isfinite(value) else value for value in ours]
        yield Row("plain-1202, gradient ratio", overflows, (np.inf, np.inf), said="overflows")


def _ratio_after_a_step(config: ResNetConfig, seed: int) -> float:
    norms = records(config, seed, steps=2, measure_every=1)[1].values["grad_input_norm"]
    return float(norms[0] / norms[-1])


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
        ours = [_rate(fields, depths, seed, is_power=is_power) for seed in seeds]
        what = "power of the depth" if is_power else "factor per layer of depth"
        # 1.159 and 1.2 are far apart after a hundred layers: a factor's margin is narrow.
        margin = 0.25 if is_power else 0.02
        yield Row(f"{name}, {what}", ours, (reported, reported), margin)


def _rate(fields: dict[str, object], depths: Sequence[int], seed: int, *, is_power: bool) -> float:
    ratios = np.array([ratio_at_start(cifar(d, **DIGITS, **fields), seed) for d in depths])
    fit = (power if is_power else exponential)(np.array(depths, float), ratios)
    return float("nan") if fit is None else fit.rate


def _per_layer(config: ResNetConfig, seed: int, batch: int) -> float:
    blocks = sum(config.depths)
    ratio = ratio_at_start(config, seed, batch, "gaussian")
    return float(ratio ** (1 / (2 * (blocks - 1))))


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
    grouped = [ratio_at_start(plain(56, **DIGITS, norm="group"), s) ** (1 / 52) for s in seeds]
    yield Row("plain-56, group norm: factor per layer", grouped, (1.20, 1.20), 0.02)
    for name, net, batch, reported in rows:
        ours = [_per_layer(net, seed, batch) for seed in seeds]
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
        ours = [float(found(new(net, seed), "shattering", seed)["cosine"]) for seed in seeds]
        yield Row(f"{name}, cosine of neighbours' gradients", ours, (reported, reported), 0.1)


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
        taken = [found(new(cifar(depth, **DIGITS, **fields), s), "shares", s) for s in seeds]
        ours = [float(np.nanmean(arrays["share"])) for arrays in taken]
        yield Row(f"{name}, mean share", ours, reported, 0.06)
        if name == "residual-56":
            cosines = [float(np.nanmean(arrays["cosine"])) for arrays in taken]
            yield Row("residual-56, mean cosine of the parts", cosines, (0.0, 0.0), 0.1)


def branches(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """What a branch adds in variance, times k, in one stage of 50 blocks; median for k >= 5."""
    before = "full_preactivation"
    for name, fields, reported in (
        ("pre-activation", {"activation_order": before}, (1.04, 1.19)),
        ("original order", {}, (2.6, 2.6)),
    ):
        net = cifar(8, **DIGITS, **fields, depths=(50,), widths=(16,))
        taken = [found(new(net, seed), "variance", seed) for seed in seeds]
        ours = [float(np.median(arrays["times_k"][4:])) for arrays in taken]
        yield Row(f"{name}, k x Var F / Var x", ours, reported)
    flat = [
        found(new(cifar(8, **DIGITS, norm="none", depths=(50,), widths=(16,)), s), "variance", s)
        for s in seeds
    ]
    laws = [power(arrays["k"][4:], arrays["ratio"][4:]) for arrays in flat]
    ours = [np.nan if law is None else law.rate for law in laws]
    what = "without norm, Var F / Var x by the power of k (with batch norm -1)"
    yield Row(what, ours, (0.0, 0.0), 0.3, said="flat: 0")
    if quick:
        return
    padded = cifar(110, **DIGITS, activation_order=before, shortcut="zero_pad")
    taken = [found(new(padded, seed), "variance", seed) for seed in seeds]
    for stage, expected in ((2, 0.10), (3, 0.05)):
        ours = [float(arrays["ratio"][18 * (stage - 1)]) for arrays in taken]
        what = f"zero padding, depth 110, first block of stage {stage}"
        yield Row(what, ours, (expected, expected))


def precision(seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """What float32 makes of deep plain nets' gradient ratios, in one seed against float64."""
    for depth, single, double in ((110, 4.0e6, 4.5e6), (218, 7.7e13, 5.7e13)):
        if quick:
            return
        net, seed = plain(depth, **DIGITS), seeds[0]
        exact = _in_float64(net, seed)
        yield Row(f"plain-{depth}, ratio in float32", [ratio_at_start(net, seed)], (single,) * 2)
        yield Row(f"plain-{depth}, ratio in float64", [exact], (double,) * 2)


def _in_float64(config: ResNetConfig, seed: int) -> float:
    inputs, labels = images(64, seed)
    torch.set_flush_denormal(False)
    net = new(config, seed).double()
    return float(perform(measurement("gradients"), net, inputs.double(), labels)["ratio"])
