"""The measurements that this session has asked for: jobs of the launcher, until they are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from resnet_viz.lab.jobs.jobs import Job
from resnet_viz.lab.measurements.measurement import Settings, Value
from resnet_viz.lab.run import Run, new_id
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.store import StoreError

_JOBS = "race_measuring"
_FAILED = "race_measuring_failed"


class Wish(NamedTuple):
    """One measurement of the nets of a race, as step `step` begins."""

    race_id: str
    step: int
    name: str
    settings: tuple[tuple[str, Value], ...] = ()


class _Asked(NamedTuple):
    """A job, and the net that it measures."""

    id: str
    net: str


def ask(lab: Lab, wish: Wish, runs: Sequence[Run]) -> None:
    """Have each of the runs measured."""
    jobs, failed = _jobs(), _failed()
    failed[wish] = []
    settings: Settings = dict(wish.settings)
    for run in runs:
        request = {"run_id": run.id, "step": wish.step, "measurement": wish.name}
        try:
            job_id = lab.submit("measure", {**request, "settings": settings}, asker=_asker())
        except (StoreError, ValueError) as error:
            failed[wish].append(f"{run.name}: {error}")
        else:
            jobs.setdefault(wish, []).append(_Asked(job_id, run.name))


def under_way(lab: Lab, race_id: str, wish: Wish | None = None) -> Sequence[tuple[str, Job]]:
    """The jobs for a race, or for one wish, that are not over, and the names of their nets.

    Those that are over are forgotten; why one failed is kept for `why_failed`.
    """
    found: list[tuple[str, Job]] = []
    for one, asked in list(_jobs().items()):
        if one.race_id != race_id or (wish is not None and one != wish):
            continue
        for each in list(asked):
            try:
                job = _job(lab, each, one)
            except StoreError:  # for now: it is asked again the next time
                continue
            if job is None or job.is_over:
                asked.remove(each)
                if job is not None and job.status != "done":
                    reason = job.message or f"it was {job.status}"
                    _failed().setdefault(one, []).append(f"{each.net}: {reason}")
            else:
                found.append((each.net, job))
    return found


def why_failed(wish: Wish) -> Sequence[str]:
    """Why measurements that were asked for last found nothing, a sentence each."""
    return _failed().get(wish, [])


def _job(lab: Lab, asked: _Asked, wish: Wish) -> Job | None:
    try:
        return lab.job(asked.id)
    except ValueError as error:  # forgotten since: an hour after its end
        _failed().setdefault(wish, []).append(f"{asked.net}: {error}")
        return None


def _asker() -> str:
    """Whoever this session is: places go to each asker in turn."""
    return str(st.session_state.setdefault("jobs_asker", new_id()))


def _jobs() -> dict[Wish, list[_Asked]]:
    jobs: dict[Wish, list[_Asked]] = st.session_state.setdefault(_JOBS, {})
    return jobs


def _failed() -> dict[Wish, list[str]]:
    failed: dict[Wish, list[str]] = st.session_state.setdefault(_FAILED, {})
    return failed
