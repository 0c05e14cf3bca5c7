"""A lesson's removal of blocks: each block of a race's trained nets left out in turn."""

from __future__ import annotations

from functools import partial

import numpy as np

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.figures.measurement_charts import figure
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.facts import UNDECIDED, Facts, Seen, most, percent
from resnet_viz.lessons.measurement_slots import RemovalSlot
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import UNLEARNT
from resnet_viz.store.run import Run

MEASUREMENT = "lesions"


def begin(lab: Lab, slot: RemovalSlot, asker: str, race_id: str) -> str:
    """Ask for the measurement of each net's final weights; the ids of the jobs and the race."""
    jobs = [
        lab.submit(
            "measure",
            {"run_id": run.id, "step": run.steps_done, "measurement": MEASUREMENT},
            asker=asker,
        )
        for run in _runs(lab, slot, race_id)
    ]
    return ",".join([race_id, *jobs])


def _runs(lab: Lab, slot: RemovalSlot, race_id: str) -> list[Run]:
    runs = lab.race_runs(race_id)
    if not all(run.is_over for run in runs):
        raise ValueError("the race is not over yet")
    return runs[: len(slot.nets)]


def look(lab: Lab, slot: RemovalSlot, ids: str) -> Seen:
    """The measurement as it stands.

    Raises:
        ValueError: for ids that are none.
    """
    race_id, *job_ids = ids.split(",")
    runs = _runs(lab, slot, race_id)
    found = [measured(lab, run, colour) for run, colour in zip(runs, _colours(runs), strict=True)]
    known = [net for net in found if net is not None]
    if len(known) == len(runs):
        figures = {"errors": partial(figure, known)}
        return Seen(1.0, True, facts(slot, known), figures=figures)
    jobs = [lab.job(job_id) for job_id in job_ids]
    failed = [job.message for job in jobs if job.is_over and job.result is None]
    share = float(np.mean([1.0 if job.is_over else job.progress for job in jobs])) if jobs else 0.0
    return Seen(share, bool(failed), problem=failed[0] if failed else "")


def _colours(runs: list[Run]) -> list[str]:
    return list(contestant_colours([run.config for run in runs]))


def measured(lab: Lab, run: Run, colour: str) -> MeasuredNet | None:
    """What was measured of a run's final weights; None before it is."""
    results = [
        result
        for result in lab.measured(run.id)
        if result.measurement == MEASUREMENT
        and result.step == run.steps_done
        and not result.settings["block"]
    ]
    if not results:
        return None
    layers = tuple(layer.name for layer in run.layers)
    return MeasuredNet(paper_name(run.name), colour, run.blocks, layers, results[-1], id=run.id)


def facts(slot: RemovalSlot, nets: list[MeasuredNet]) -> Facts:
    """The errors of the nets, whole and without a block."""
    numbers: dict[str, str] = {}
    added: dict[str, tuple[float, float]] = {}
    for name, net in zip(slot.nets, nets, strict=True):
        whole, errors = net.scalar("whole_error"), net.array("error")
        numbers |= {
            f"whole_{name}": percent(whole),
            f"median_{name}": percent(net.median("error")),
            f"worst_{name}": percent(float(np.nanmax(errors))),
        }
        own = errors[np.isfinite(errors)] - whole
        added[name] = (float(np.quantile(own, 0.25)), float(np.quantile(own, 0.75)))
    is_learnt = all(net.scalar("whole_error") <= UNLEARNT for net in nets)
    return Facts({"misses_most": most(added) if is_learnt else UNDECIDED}, numbers)
