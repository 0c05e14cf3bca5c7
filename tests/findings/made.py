"""Contestants with made-up histories, for tests of the plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord

Norm = Callable[[int, int], float]
"""Gradient norm from step and column."""
Loss = Callable[[int], float]
"""Of a minibatch, from its step."""


def contestant(
    config: str,
    steps: int,
    *,
    name: str | None = None,
    norm: Norm = lambda step, column: 1.0 + column + 0.5 * step,
    loss: Callable[[int], float] = lambda step: 2.0 - 0.01 * step,
    accuracy: Callable[[int], float] | None = None,
) -> Contestant:
    """A net that has trained for `steps` steps; the rest follows from the step, if not given."""
    layers = plan(preset(config)).weighted_layers
    columns = range(len(layers))
    records = []
    for step in range(steps):
        grad = np.array([norm(step, column) for column in columns], np.float32)
        right = step / max(steps, 1) if accuracy is None else accuracy(step)
        scalars = (step, loss(step), right, 0.25 * step)
        values = {"grad_norm": grad, "weight_norm": grad * 2, "update_ratio": grad * 3}
        records.append(StepRecord(*scalars, values))
    return Contestant(name or config, "#0072B2", layers, History(records))


def run(
    config: str,
    loss: Callable[[int], float],
    steps: int = 40,
    *,
    seed: int | None = None,
    accuracy: Callable[[int], float] | None = None,
    norm: Norm = lambda step, column: 1.0,
    values: Callable[[int], Mapping[str, Sequence[float]]] = lambda step: {},
    final: Mapping[str, float] | None = None,
    **more: object,
) -> Contestant:
    """A run of a preset on ten classes, of 64 images a step, that is over.

    Its accuracy is that of its loss, between a guess's and 1, if not given. `values` are further
    quantities of a step, and `final` what was measured after the last update.
    """
    built = preset(config)
    layers = plan(built).weighted_layers
    right = accuracy or (lambda step: float(np.clip(1 - 0.9 * loss(step) / np.log(10), 0.1, 1)))
    records = []
    for step in range(steps):
        grad = np.array([norm(step, column) for column in range(len(layers))], np.float32)
        own = {name: np.array(found, np.float32) for name, found in values(step).items()}
        if final is not None and step == steps - 1:
            own["final"] = np.array(list(final.values()), np.float32)
        taken = {"grad_norm": grad, "update_ratio": 0.001 * np.ones_like(grad)} | own
        records.append(StepRecord(step, loss(step), right(step), 0.25 * step, taken))
    header = {"grad_norm": Along("layer", tuple(layer.name for layer in layers))}
    if final is not None:
        header["final"] = Along("net", tuple(final))
    made = Contestant(
        config if seed is None else f"{config}, seed {seed}",
        "#0072B2",
        layers,
        History(records),
        classes=10,
        header=header,
        config=built,
        net=config,
        net_name=config,
        batch_size=64,
        is_over=True,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def falling(start: float, end: float, after: int, noise: float = 0.02, seed: int = 0) -> Loss:
    """From `start` to `end` in `after` steps and no further, with noise relative to it."""
    errors = 1 + noise * np.random.default_rng(seed).standard_normal(10_000)
    return lambda step: max(end, start - (start - end) * step / after) * float(errors[step])


def several(config: str, *ends: float, after: int = 20, **more: object) -> list[Contestant]:
    """Runs of a net from several seeds that come to these losses."""
    return [
        run(config, falling(2.5, end, after, seed=seed), seed=seed, **more)  # type: ignore[arg-type]
        for seed, end in enumerate(ends)
    ]
