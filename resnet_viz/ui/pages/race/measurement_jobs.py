"""Measurement jobs that this session has asked for, or found under way, until they are over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import streamlit as st

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements.base.measurement import Settings, Value
from resnet_viz.scheduler.jobs.jobs import Job
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.widgets.job_progress import asker

_JOBS = "race_measuring"
_CANCELLED = "the measurement was cancelled on another page."
_FAILED = "race_measuring_failed"
_WEIGHTS = "race_measuring_weights"


class Wish(NamedTuple):
    """A wish: one measurement of the nets of a race, as step `step` begins."""

    race_id: str
    step: int
    name: str
    settings: tuple[tuple[str, Value], ...] = ()


class _Asked(NamedTuple):
    """A job, and the run that it measures."""

    id: str
    run: Run


def ask(lab: Lab, wish: Wish, runs: Sequence[Run]) -> None:
    """Ask for the measurement of each of the runs."""
    settings: Settings = dict(wish.settings)
    for run in runs:
        _failed().pop((wish, run.id), None)
        request = {"run_id": run.id, "step": wish.step, "measurement": wish.name}
        try:
            job_id = lab.submit("measure", {**request, "settings": settings}, asker=asker())
        except (StoreError, ValueError) as error:
            _fail(wish, run, str(error))
        else:
            _jobs().setdefault(wish, []).append(_Asked(job_id, run))


def take_up(lab: Lab, race_id: str, runs: Sequence[Run]) -> None:
    """Follow all that is under way for the runs of a race: what this session asked for before its
    page was reloaded, and what others did."""
    own = {run.id: run for run in runs}
    with suppress(StoreError):  # for now: it is asked again the next time
        for job in lab.jobs_under_way("measure"):
            of = job.request
            if run := own.get(of["run_id"]):
                wish = Wish(race_id, of["step"], of["measurement"], tuple(of["settings"].items()))
                asked = _jobs().setdefault(wish, [])
                if job.id not in [one.id for one in asked]:
                    asked.append(_Asked(job.id, run))


def cancel(lab: Lab, wish: Wish) -> None:
    """Cancel what is under way for a wish, unless others want it, too."""
    for one in _jobs().pop(wish, []):
        with suppress(StoreError, ValueError):  # it is over, or goes on to its end
            lab.cancel_job(one.id)


def under_way(
    lab: Lab, race_id: str, wish: Wish | None = None, run: Run | None = None
) -> Sequence[tuple[str, Job]]:
    """The unfinished jobs for a race, or for one wish or run, with the names of their nets.

    Those that are over are forgotten; why one failed is kept for `why_failed`, and that one was
    cancelled elsewhere: this session forgets those that it cancels.
    """
    jobs: list[tuple[str, Job]] = []
    for one, asked in list(_jobs().items()):
        if one.race_id != race_id or (wish is not None and one != wish):
            continue
        for each in [each for each in asked if run is None or each.run.id == run.id]:
            try:
                job = lab.job(each.id)
            except StoreError:  # for now: it is asked again the next time
                continue
            except ValueError as error:  # forgotten since: an hour after its end
                asked.remove(each)
                _fail(one, each.run, str(error))
                continue
            if job.is_over:
                asked.remove(each)
                if job.status != "done":
                    own = _CANCELLED if job.status == "cancelled" else job.status
                    _fail(one, each.run, job.message or own)
            else:
                jobs.append((paper_name(each.run.name), job))
    return jobs


def how_far(job: Job) -> str:
    """The progress of an unfinished job, in a few words."""
    return "waiting for a place" if job.status == "queued" else job.words or "beginning"


def why_failed(wish: Wish, run: Run | None = None) -> Sequence[str]:
    """The reasons why the last measurements, of all nets or of one run, gave nothing."""
    return [
        sentence
        for (one, run_id), sentence in _failed().items()
        if one == wish and (run is None or run.id == run_id)
    ]


def choose_weights(race_id: str, step: int | None) -> None:
    """Make this session look at a race's weights as `step` begins, wherever it measures them.

    None: it has chosen none.
    """
    st.session_state.setdefault(_WEIGHTS, {})[race_id] = step


def chosen_weights(race_id: str) -> int | None:
    """The step of the weights that this session has chosen; None if it has not."""
    step: int | None = st.session_state.get(_WEIGHTS, {}).get(race_id)
    return step


def _fail(wish: Wish, run: Run, reason: str) -> None:
    _failed()[wish, run.id] = f"{paper_name(run.name)}: {reason}"


def _jobs() -> dict[Wish, list[_Asked]]:
    jobs: dict[Wish, list[_Asked]] = st.session_state.setdefault(_JOBS, {})
    return jobs


def _failed() -> dict[tuple[Wish, str], str]:
    """Why runs, by their ids, were not measured."""
    failed: dict[tuple[Wish, str], str] = st.session_state.setdefault(_FAILED, {})
    return failed
