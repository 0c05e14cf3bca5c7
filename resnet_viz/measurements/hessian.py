"""How sharply the loss bends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.measurements.base.figure import Lines
from resnet_viz.measurements.base.measurement import (
    SEED,
    Given,
    Measured,
    Measurement,
    Setting,
    Subject,
    images,
)
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import Verdict, if_finite
from resnet_viz.quantities.quantity import Tensor
from resnet_viz.text import number

MEASUREMENT = Measurement(
    name="hessian",
    title="largest eigenvalue of the Hessian",
    sentence="The curvature of the loss in its sharpest direction. If it is positive, a learning "
    "rate above 2/curvature overshoots. Compare the orders of magnitude.",
    formula=r"\lambda = \lim v^\top H v, \quad v \leftarrow \frac{H v}{\|H v\|}, \quad "
    r"H = \nabla^2 L",
    source="power iteration on Hessian-vector products: Pearlmutter 1994; Yao et al. 2020, "
    "arXiv:1912.07145",
    cost=47,
    gives={
        "eigenvalue": Given("the eigenvalue that is largest in size"),
        "estimates": Given("the estimate after each iteration", ("iteration",)),
        "residual": Given("how far v is from an eigenvector: |H v - λ v| / |H v|"),
    },
    settings=(
        images(64),
        Setting("iterations", "of the power iteration", 10, 1, 1000),
        SEED,
    ),
    figure=Lines(
        "estimates", "iteration", is_log=True, is_size=True, title="|eigenvalue|, estimated"
    ),
)


def measure(subject: Subject) -> Measured:
    """By all parameters, from a random direction; inf and NaN where float32 overflows."""
    import torch
    from torch.nn import functional

    from resnet_viz.tensor_stats.wide_sums import dot

    parameters = list(subject.network.parameters())
    loss = functional.cross_entropy(subject.network(subject.images), subject.labels)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    generator = torch.Generator().manual_seed(int(subject.settings["seed"]))
    drawn = [torch.randn(p.shape, generator=generator) for p in parameters]
    v = _over_norm([d.to(p) for d, p in zip(drawn, parameters, strict=True)])
    estimates: list[float] = []
    residual, count = float("nan"), int(subject.settings["iterations"])
    for i in range(count):
        subject.report(i / count, f"iteration {i + 1} of {count}")
        product = torch.autograd.grad(
            gradients, parameters, v, retain_graph=True, materialize_grads=True
        )
        value = dot(v, product)
        estimates.append(value)
        size = dot(product, product) ** 0.5
        if not 0 < size < float("inf"):
            break
        off = [h - value * w for h, w in zip(product, v, strict=True)]
        residual = dot(off, off) ** 0.5 / size
        v = _over_norm(product)
    estimates += [estimates[-1]] * (count - len(estimates))
    return {"eigenvalue": estimates[-1], "estimates": estimates, "residual": residual}


def _over_norm(vector: Sequence[Tensor]) -> list[Tensor]:
    from resnet_viz.tensor_stats.wide_sums import dot

    size = dot(vector, vector) ** 0.5
    return [part / size for part in vector]


def verdict(net: MeasuredNet) -> Verdict:
    """Which way the loss bends, and what that means for the rate."""
    value, off = net.scalar("eigenvalue"), net.scalar("residual")
    sentence = f"The largest eigenvalue is {number(value)}, within {off:.0%} (|Hv - λv| / |Hv|)."
    if np.isfinite(value) and value < 0:
        sentence += " The curvature there is negative (a saddle)."
    elif np.isfinite(value) and value > 0:
        sentence += f" Rates above 2 / λ = {number(2 / value)} overshoot along it."
    return if_finite(value, number(value, 2), sentence)
