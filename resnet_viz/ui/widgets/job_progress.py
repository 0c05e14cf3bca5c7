"""Job progress: a job that a page submits, with its progress, a way to cancel it, and its result
for the session.

A page has a slot for each thing it can ask for, and finds there what was asked: another click or
page ends nothing. Where the visitor leaves, the job goes on to its own end, or to its limit.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import streamlit as st

from resnet_viz.scheduler.jobs.jobs import Job
from resnet_viz.store.database import StoreError
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.widgets import message_box

_result, is_over = attrgetter("result"), attrgetter("is_over")
CANCELLED = "Cancelled."
_ASKER = "jobs_asker"
_AT_ONCE_SECONDS = 0.4
"""So long a page waits before it says that it does: most summaries are there by then."""
_LOOK_SECONDS = 0.4
_ASK_SECONDS = 0.01
"""To ask takes a millisecond."""


@dataclass(frozen=True)
class Asked:
    """A request in a slot: `about` what, and how it ended.

    `done` is the result, and `problem` a sentence where there is none; `is_over` once either is.
    Before that `done` may be what has been found so far.
    """

    about: Any
    job_id: str = ""
    is_over: bool = False
    done: Any = None
    problem: str = ""


def hand_in(
    slot: str,
    kind: str,
    request: Mapping[str, Any],
    about: Any,
    files: Mapping[str, bytes] | None = None,
    *,
    is_awaited: bool = True,
) -> None:
    """Submit a job (see `Lab.submit`); the previous request of the slot is cancelled.

    The page waits a moment for it, unless it `is_awaited` elsewhere.
    """
    if (before := asked(slot)) and not before.is_over:
        _cancel(before)
    try:
        job_id = open_lab().submit(kind, request, asker=asker(), files=files)
        _put(slot, Asked(about, job_id))
    except (StoreError, ValueError) as error:
        _put(slot, Asked(about, is_over=True, problem=str(error)))
    if is_awaited:
        wait_for(slot, seconds=_AT_ONCE_SECONDS)


def wait_for(*slots: str, seconds: float, until: Callable[[Job], bool] = is_over) -> None:
    """Wait until the jobs of all these slots are over, or as far as `until` says, but no longer
    than `seconds`."""
    deadline = time.monotonic() + seconds
    for slot in slots:
        while time.monotonic() < deadline and _is_short_of(_look(slot), until):
            time.sleep(_ASK_SECONDS)


def outcome(
    slot: str,
    words: str,
    take: Callable[[Job], Any] = _result,
    until: Callable[[Job], bool] = is_over,
) -> Asked | None:
    """The outcome of the slot's job; None if there is none, or after its progress was drawn.

    `words` say what is being done; `take` gets from the job what is kept for the session. Of a job
    that is as far as `until` says, but not over, it is what has been found so far.
    """
    one = asked(slot)
    if one is None or one.is_over:
        return one
    job = _look(slot)
    if _is_short_of(job, until):
        st.fragment(_progress, run_every=_LOOK_SECONDS)(slot, words, until)
        return None
    if job is not None and not job.is_over:
        return replace(one, done=take(job))
    if job is not None:
        _put(slot, _ended(one, job, take))
    return asked(slot)


def asked(slot: str) -> Asked | None:
    """The request in a slot of this session."""
    one: Asked | None = st.session_state.get(_key(slot))
    return one


def forget(slot: str) -> None:
    """Forget the request of a slot."""
    st.session_state.pop(_key(slot), None)


def complain(one: Asked) -> None:
    """Say why there is no result."""
    (message_box.info if one.problem == CANCELLED else message_box.error)(one.problem)


def _progress(slot: str, words: str, until: Callable[[Job], bool]) -> None:
    """How far it is, and the button; the page is drawn anew when it is far enough."""
    job = _look(slot)
    if job is None or not _is_short_of(job, until):
        st.rerun()
    left, right = st.columns([6, 1], vertical_alignment="center")
    with left:
        message_box.info(_words(job, words))
        if job.progress:
            st.progress(job.progress)
    if right.button("Cancel", key=f"cancel_{slot}", width="stretch"):
        one = asked(slot)
        assert one is not None
        _cancel(one)
        _put(slot, replace(one, is_over=True, problem=CANCELLED))
        st.rerun()


def _words(job: Job, words: str) -> str:
    if job.before:
        others = f"{job.before} other{'s' if job.before > 1 else ''}"
        seconds = time.time() - job.created
        return f"Waiting for {others} on this server... {seconds:.0f} s"
    seconds = max(0.0, time.time() - (job.began or job.created))
    if not job.began and seconds > 1:  # the first one waits until torch is imported
        return f"Starting the worker... {seconds:.0f} s"
    return f"{job.words or words}... {seconds:.0f} s"


def _ended(one: Asked, job: Job, take: Callable[[Job], Any]) -> Asked:
    if job.status != "done":
        return replace(one, is_over=True, problem=job.message or CANCELLED)
    try:
        return replace(one, is_over=True, done=take(job))
    except OSError as error:
        return replace(one, is_over=True, problem=f"The result cannot be read: {error.strerror}")


def _look(slot: str) -> Job | None:
    """The job of a slot; None where it cannot be looked at, which is then how it ended."""
    one = asked(slot)
    if one is None or one.is_over:
        return None
    try:
        return open_lab().job(one.job_id)
    except (StoreError, ValueError) as error:
        _put(slot, replace(one, is_over=True, problem=str(error)))
        return None


def _is_short_of(job: Job | None, until: Callable[[Job], bool]) -> bool:
    """Whether a job that can be looked at has more to do before it is as far as `until` says."""
    return job is not None and not job.is_over and not until(job)


def _cancel(one: Asked) -> None:
    with suppress(StoreError, ValueError):  # it cannot be told, or was forgotten: its limit ends it
        open_lab().cancel_job(one.job_id)


def asker() -> str:
    """The name of this session: jobs get their places from each asker in turn."""
    name: str = st.session_state.setdefault(_ASKER, secrets.token_hex(8))
    return name


def _key(slot: str) -> str:
    return f"job_of_{slot}"


def _put(slot: str, one: Asked) -> None:
    st.session_state[_key(slot)] = one
