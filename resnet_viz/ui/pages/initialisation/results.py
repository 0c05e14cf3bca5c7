"""Results of measurements of new nets, by jobs: kept for the session, by settings and depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from resnet_viz.findings.colours import PLAIN, RESIDUAL
from resnet_viz.findings.theory.new_net import New
from resnet_viz.scheduler.jobs.jobs import Job
from resnet_viz.ui.pages.initialisation.settings import SERIES, Settings
from resnet_viz.ui.widgets import job_progress

Pair = tuple[New, New]
"""A residual net and its plain twin."""
Shattered = Mapping[str, Mapping[str, Any]]
"""What was found of each of the two, by their names."""
_NAMES = ("residual net", "plain twin")
_KEPT = "initialisation_seen"
_MOST_KEPT = 200
_SERIES = "initialisation_series"
_NETS = ("initialisation_net", "initialisation_twin")
_SHOWN, _SHOWN_REST = "initialisation_shown", "initialisation_shown_rest"
_FIRST = "gradients"
_MEASURED = (_FIRST, "variance", "shattering")
_SECONDS = 1.0
"""So long the page waits before it says that it does: depth 110 is measured by then."""


class Rest(NamedTuple):
    """The measurements after the gradients `of` settings: `net` is the residual net, with its
    branches."""

    of: Settings
    net: New
    shattered: Shattered


def pair(settings: Settings) -> Pair | None:
    """The nets of these settings once their gradients are measured; asks for the measurement and
    shows its progress."""
    measured = _measured_pairs()
    if settings not in measured:
        _ask(settings)
        words = ("The residual net is measured", "Its plain twin is measured")
        ended = _ends(*words, until=lambda job: bool(job.result) and _FIRST in job.result[0])
        if not ended:
            return None
        _keep(settings, *(one.done[0] for one in ended))
    st.session_state[_SHOWN] = settings
    return measured[settings]


def before() -> tuple[Settings, Pair] | None:
    """The nets that were last shown, and their settings, while others are measured; None if they
    are no longer kept."""
    settings: Settings | None = _before(_SHOWN)
    pair_before = None if settings is None else _measured_pairs().get(settings)
    return None if settings is None or pair_before is None else (settings, pair_before)


def others(settings: Settings) -> Sequence[Pair]:
    """The nets of other depths that were measured with the same settings, by depth."""
    alike = {s.depth: both for s, both in _measured_pairs().items() if _alike(s, settings)}
    return [alike[depth] for depth in sorted(alike)]


def series(settings: Settings) -> None:
    """Draw the button that measures all missing depths, and its progress."""
    missing = [d for d in SERIES if settings._replace(depth=d) not in _measured_pairs()]
    one = job_progress.asked(_SERIES)
    is_idle = one is None or one.is_over
    if missing and is_idle and st.button(f"Measure depths {SERIES[0]} to {SERIES[-1]}"):
        nets = [net for d in missing for net in (settings.config(d), settings.twin(d))]
        request = settings.request(*nets, measure=(_FIRST,))
        job_progress.hand_in(_SERIES, "initialisation", request, (settings, tuple(missing)))
    end = job_progress.outcome(_SERIES, "Measuring the other depths")
    if end is None or not _alike(end.about[0], settings):
        return
    if end.problem:
        job_progress.complain(end)
        return
    of, depths = end.about
    for place, depth in enumerate(depths):
        _keep(of._replace(depth=depth), *end.done[2 * place : 2 * place + 2])
    job_progress.forget(_SERIES)
    st.rerun()


def rest(settings: Settings) -> Rest | None:
    """The other measurements of both nets, once they are done, like `pair`."""
    _ask(settings)
    words = "How alike neighbours' gradients are is measured"
    ends = _ends(words, words)
    if not ends:
        return None
    net, twin = (end.done[0] for end in ends)
    shattered = dict(zip(_NAMES, (net["shattering"], twin["shattering"]), strict=True))
    measured_rest = Rest(settings, _new(0, settings, net), shattered)
    st.session_state[_SHOWN_REST] = measured_rest
    return measured_rest


def rest_before() -> Rest | None:
    """The measurements that were last shown, while others are made."""
    shown: Rest | None = _before(_SHOWN_REST)
    return shown


def _ask(settings: Settings) -> None:
    """Two jobs side by side, for net and twin, unless these were asked already."""
    for slot, net in zip(_NETS, (settings.config(), settings.twin()), strict=True):
        one = job_progress.asked(slot)
        if one is None or one.about != settings:
            request = settings.request(net, measure=_MEASURED)
            job_progress.hand_in(slot, "initialisation", request, settings, is_awaited=False)


def _ends(
    *words: str, until: Callable[[Job], bool] = job_progress.is_over
) -> Sequence[job_progress.Asked]:
    """What both have found, and are over or as far as `until` says; none while one is not, or
    after saying why there is no result."""
    job_progress.wait_for(*_NETS, seconds=_SECONDS, until=until)
    ends = []
    for slot, being_done in zip(_NETS, words, strict=True):
        end = job_progress.outcome(slot, being_done, until=until)
        if end is None:
            return ()
        if end.problem:
            job_progress.complain(end)
            if st.button("Try again", key=f"again_{slot}"):
                for one in _NETS:
                    job_progress.forget(one)
                st.rerun()
            return ()
        ends.append(end)
    return ends


def _before(shown: str) -> Any:
    """What was shown last, if jobs are under way."""
    asked = filter(None, map(job_progress.asked, _NETS))
    has_failed = any(one.problem for one in asked)
    return None if has_failed else st.session_state.get(shown)


def _keep(settings: Settings, net: Mapping[str, Any], twin: Mapping[str, Any]) -> None:
    measured = _measured_pairs()
    measured[settings] = _new(0, settings, net), _new(1, settings, twin)
    for oldest in list(measured)[:-_MOST_KEPT]:
        del measured[oldest]


def _new(place: int, settings: Settings, result: Mapping[str, Any]) -> New:
    """The residual net (place 0) or its twin (1), as it was measured."""
    config = settings.twin() if place else settings.config()
    return New.of(_NAMES[place], (RESIDUAL, PLAIN)[place], config, result, settings.batch)


def _measured_pairs() -> dict[Settings, Pair]:
    pairs: dict[Settings, Pair] = st.session_state.setdefault(_KEPT, {})
    return pairs


def _alike(one: Settings, other: Settings) -> bool:
    return one._replace(depth=0) == other._replace(depth=0)
