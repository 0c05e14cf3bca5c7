"""Measuring an exhibit: what is submitted to a lab, by the page, the command and the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibit import New, Trained


def request_of(part: New, seed: int) -> Mapping[str, Any]:
    """The request of a job of the kind "initialisation" that measures new nets from one seed."""
    return {
        "configs": [config.model_dump() for config in part.nets.values()],
        "measurements": [part.measurement],
        "images": part.images,
        "batch_size": part.batch_size,
        "seed": seed,
    }


def measure(lab: Lab, part: Trained, runs: Sequence[str], *, asker: str = "") -> Sequence[str]:
    """Submit a job per trained run, which measures its last weights; the jobs' ids.

    Raises:
        StoreError, ValueError: as `Lab.submit`.
    """
    return tuple(
        lab.submit(
            "measure",
            {"run_id": run, "step": lab.get(run).steps_done, "measurement": part.measurement},
            asker=asker,
        )
        for run in runs
    )


def is_under_way(lab: Lab, part: Trained) -> bool:
    """Whether jobs that measure trained nets are not over."""
    return bool(part.measurement) and bool(lab.jobs_under_way("measure"))
