"""A lesson's look at nets before their first step, as a job of the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import at_initialisation_charts as charts
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.theory.new_net import New
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.facts import UNDECIDED, Curve, Facts, Seen, in_words, most
from resnet_viz.lessons.measurement_slots import NewNetsSlot

GROWS = 2.0
"""The gradient at the first block's input over the last's, or the reverse: from here on it changes.
Between nets the same factor tells them apart."""
ALIKE = 0.1
"""Cosines of neighbours' gradients that differ by less are the same."""
Found = Mapping[tuple[str, int], Mapping[str, Any]]


def begin(lab: Lab, slot: NewNetsSlot, asker: str) -> str:
    """Ask for the measurement; the job's id."""
    return lab.submit("initialisation", request(slot), asker=asker)


def request(slot: NewNetsSlot) -> Mapping[str, Any]:
    """The request to the job."""
    return {
        "configs": list(slot.configs().values()),
        "measurements": ("gradients", "variance", *(("shattering",) if slot.shattering else ())),
        "images": slot.images,
        "batch_size": slot.batch_size,
    }


def _as_stored(slot: NewNetsSlot) -> Mapping[str, Any]:
    """The same as JSON has it."""
    wanted = request(slot)
    configs = [config.model_dump(mode="json") for config in wanted["configs"]]
    return {**wanted, "configs": configs, "measurements": list(wanted["measurements"])}


def look(lab: Lab, slot: NewNetsSlot, job_id: str) -> Seen:
    """The measurement as it stands.

    Raises:
        ValueError: for an id that is no job's, or another one's.
    """
    job = lab.job(job_id)
    keys = list(slot.configs())
    if any(job.request.get(name) != value for name, value in _as_stored(slot).items()):
        raise ValueError("the link's measurement is not this lesson's")
    if not job.is_over or job.result is None:
        problem = job.message if job.is_over else ""
        return Seen(job.progress, job.is_over, problem=problem)
    found = dict(zip(keys, job.result, strict=True))
    nets = new_nets(slot, found)
    return Seen(1.0, True, facts(slot, nets, found), figures=figures(nets, found))


def new_nets(slot: NewNetsSlot, found: Found) -> Mapping[str, Sequence[New]]:
    """Each net at each of its depths, as it was measured."""
    configs = slot.configs()
    colours = contestant_colours([net.config() for net in slot.nets.values()])
    return {
        name: [
            New.of(net.title or net.preset, colour, configs[key], found[key], slot.batch_size)
            for key in configs
            if key[0] == name
        ]
        for (name, net), colour in zip(slot.nets.items(), colours, strict=True)
    }


def figures(
    nets: Mapping[str, Sequence[New]], found: Found
) -> Mapping[str, Callable[[], go.Figure]]:
    """The figures of new nets, by name; but for the growth by depth, of the deepest of each."""
    deepest = [family[-1] for family in nets.values()]
    residual = next((net for net in deepest if len(net.times_k)), None)
    last = {name: [found[key] for key in found if key[0] == name][-1] for name in nets}
    made: dict[str, Callable[[], go.Figure]] = {
        "gradients": partial(charts.profile, deepest, []),
        "by_depth": partial(charts.by_depth, list(nets.values())),
        "per_layer": partial(charts.per_layer, deepest),
    }
    if residual is not None:
        made["branches"] = partial(charts.branches, residual)
    if all("shattering" in one for one in last.values()):
        maps = [np.array(one["shattering"]["similarity"], float) for one in last.values()]
        made["shattering"] = partial(charts.shattering, maps, [net.name for net in deepest])
    return made


def facts(slot: NewNetsSlot, nets: Mapping[str, Sequence[New]], found: Found) -> Facts:
    """The facts of new nets: numbers and outcomes are those of the deepest of each."""
    numbers: dict[str, str] = {}
    curves: dict[str, Curve] = {}
    for name, family in nets.items():
        numbers |= _numbers(name, family[-1])
        curves[f"ratio_{name}"] = _curve(family, [net.ratio for net in family])
    ratios = {name: family[-1].ratio for name, family in nets.items()}
    outcomes = {f"gradient_{name}": _way(ratio) for name, ratio in ratios.items()}
    sizes = {name: float(np.log(ratio)) for name, ratio in ratios.items()}
    outcomes["steepest"] = _apart({name: abs(size) for name, size in sizes.items()}, np.log(GROWS))
    if slot.shattering:
        cosines = {name: _cosines(found, name) for name in nets}
        outcomes["most_alike"] = _apart({name: own[-1] for name, own in cosines.items()}, ALIKE)
        for name, own in cosines.items():
            numbers[f"cosine_{name}"] = in_words(own[-1], 2)
            curves[f"cosine_{name}"] = _curve(nets[name], own)
    return Facts(outcomes, numbers, curves if slot.depths else {})


def _numbers(name: str, net: New) -> Mapping[str, str]:
    layers = float(net.left[0] - net.left[-1]) or np.nan
    theory = np.nan if net.predicted is None else float(net.predicted[0])
    return {
        f"ratio_{name}": in_words(net.ratio, 2),
        f"per_layer_{name}": in_words(net.ratio ** (1 / layers), 4),
        f"theory_{name}": in_words(theory ** (1 / layers), 4),
        f"depth_{name}": str(net.depth),
    }


def _curve(family: Sequence[New], values: Sequence[float]) -> Curve:
    return Curve([float(net.depth) for net in family], values)


def _cosines(found: Found, name: str) -> Sequence[float]:
    """The mean cosine of neighbours' gradients, of each depth."""
    own = [one["shattering"]["cosine"] for key, one in found.items() if key[0] == name]
    return [float(np.squeeze(cosine)) for cosine in own]


def _apart(values: Mapping[str, float], least: float) -> str:
    """The name whose value is above all others by at least so much; undecided where none is."""
    if not np.isfinite(list(values.values())).all():
        return UNDECIDED
    return most({name: (value - least / 2, value + least / 2) for name, value in values.items()})


def _way(ratio: float) -> str:
    """What the gradient does on its way back, by its size at the first block over the last's."""
    if ratio > GROWS:
        return "grows"
    return "shrinks" if ratio < 1 / GROWS else "keeps"
