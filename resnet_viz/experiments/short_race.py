"""Short race: nets trained on the digits for about half a minute, as long as their size allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.data.adapt import suitable_image_size
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.run_spec import RunSpec

SECONDS = 30.0
"""How long it takes at most, where a step's time is known or guessed well."""
_DATASET, _STEPS, _LEAST_STEPS = "digits", 60, 8
_BATCHES, _ENOUGH_STEPS = (64, 32, 16), 20
# What one core of a laptop does: multiply-accumulates a second, and seconds a layer beside them.
_MACS_PER_SECOND, _SECONDS_PER_LAYER = 2.5e10, 0.003


def short_race(
    nets: Sequence[ResNetConfig],
    names: Sequence[str],
    measured: Callable[[Sequence[RunSpec]], float | None],
) -> Sequence[RunSpec]:
    """The runs of a race of `nets`; `measured` tells how long runs take here (Lab's
    `expected_seconds`), None where it does not know.

    Raises:
        ValueError: for nets that cannot be trained.
    """
    size = suitable_image_size(nets, _DATASET)
    own = dataset_info(_DATASET).image_size
    for batch in _BATCHES:
        specs = [
            RunSpec(
                config=net,
                name=name,
                dataset=_DATASET,
                batch_size=batch,
                image_size=None if size == own else size,
            )
            for net, name in zip(nets, names, strict=True)
        ]
        known = measured(specs)
        seconds = max(map(guessed_step_seconds, specs)) if known is None else known / specs[0].steps
        if SECONDS / seconds >= _ENOUGH_STEPS:
            break
    steps = int(min(_STEPS, max(_LEAST_STEPS, SECONDS / seconds)))
    return tuple(spec.model_copy(update={"steps": steps}) for spec in specs)


def guessed_step_seconds(spec: RunSpec) -> float:
    """Seconds per step, unmeasured: a backward pass costs as much as two forward ones."""
    network = plan(spec.adapted)
    forward = network.macs * spec.batch_size / _MACS_PER_SECOND
    return 3 * forward + network.depth * _SECONDS_PER_LAYER
