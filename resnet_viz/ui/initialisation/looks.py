"""What was measured for the page, by jobs: kept for the session, by settings and depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.plots.colours import PLAIN, RESIDUAL
from resnet_viz.plots.initialisation import New
from resnet_viz.ui.common import jobs
from resnet_viz.ui.initialisation.settings import SERIES, Settings

Pair = tuple[New, New]
"""A residual net and its plain twin."""
_KEPT = "initialisation_seen"
_MOST_KEPT = 200
_NET, _TWIN, _SERIES = "initialisation_net", "initialisation_twin", "initialisation_series"
_SHATTERING = "initialisation_shattering"
_MEASURED = ("gradients", "variance")
_SECONDS = 2.0
"""So long the page keeps the picture before: at depth 110 both nets are measured by then."""


def pair(settings: Settings) -> Pair | None:
    """The nets of these settings, if they were measured; asks for it, and says so, otherwise."""
    seen = _seen()
    if settings not in seen:
        _ask(settings)
        ends = _ends()
        if ends is None:
            return None
        _keep(settings, *(end.done[0] for end in ends))
    return seen[settings]


def others(settings: Settings) -> Sequence[Pair]:
    """Those of other depths that were measured with the same settings, by depth."""
    alike = [(s.depth, found) for s, found in _seen().items() if _alike(s, settings)]
    return [found for depth, found in sorted(alike, key=lambda one: one[0])]


def series(settings: Settings) -> None:
    """A button that measures all the depths that are missing, and what becomes of it."""
    missing = [d for d in SERIES if settings._replace(depth=d) not in _seen()]
    one = jobs.asked(_SERIES)
    is_idle = one is None or one.is_over
    if missing and is_idle and st.button(f"Measure depths {SERIES[0]} to {SERIES[-1]}"):
        nets = [net for d in missing for net in (settings.config(d), settings.twin(d))]
        request = settings.request(*nets, measure=_MEASURED)
        jobs.hand_in(_SERIES, "initialisation", request, (settings, tuple(missing)))
    end = jobs.outcome(_SERIES, "Measuring the other depths")
    if end is None or not _alike(end.about[0], settings):
        return
    if end.problem:
        jobs.complain(end)
        return
    of, depths = end.about
    for place, depth in enumerate(depths):
        _keep(of._replace(depth=depth), *end.done[2 * place : 2 * place + 2])
    jobs.forget(_SERIES)
    st.rerun()


def shattered(settings: Settings) -> Mapping[str, Any] | None:
    """Both nets' shattering, once measured; asked for after the first picture."""
    one = jobs.asked(_SHATTERING)
    if one is None or one.about != settings:
        nets = settings.config(), settings.twin()
        request = settings.request(*nets, measure=("shattering",))
        jobs.hand_in(_SHATTERING, "initialisation", request, settings, wait_seconds=0.0)
    end = jobs.outcome(_SHATTERING, "Measuring how alike neighbours' gradients are")
    if end is None:
        return None
    if end.problem:
        jobs.complain(end)
        return None
    names = "residual net", "plain twin"
    return {name: found["shattering"] for name, found in zip(names, end.done, strict=True)}


def _ask(settings: Settings) -> None:
    """Two jobs side by side, unless these were asked already."""
    for slot, net, seconds in (
        (_NET, settings.config(), 0.0),
        (_TWIN, settings.twin(), _SECONDS),
    ):
        one = jobs.asked(slot)
        if one is None or one.about != settings:
            request = settings.request(net, measure=_MEASURED)
            jobs.hand_in(slot, "initialisation", request, settings, wait_seconds=seconds)


def _ends() -> tuple[jobs.Asked, jobs.Asked] | None:
    """How both ended; None while one has not, or after saying why there is no result."""
    first = jobs.outcome(_NET, "A residual net is measured")
    second = jobs.outcome(_TWIN, "Its plain twin is measured") if first else None
    if first is None or second is None:
        return None
    for end in (first, second):
        if end.problem:
            jobs.complain(end)
            if st.button("Try again"):
                for slot in (_NET, _TWIN):
                    jobs.forget(slot)
                st.rerun()
            return None
    return first, second


def _keep(settings: Settings, net: Mapping[str, Any], twin: Mapping[str, Any]) -> None:
    seen = _seen()
    seen[settings] = (
        _new("residual net", RESIDUAL, settings.config(), net),
        _new("plain twin", PLAIN, settings.twin(), twin),
    )
    for oldest in list(seen)[:-_MOST_KEPT]:
        del seen[oldest]


def _new(name: str, colour: str, config: ResNetConfig, found: Mapping[str, Any]) -> New:
    return New.of(name, colour, config, found)


def _seen() -> dict[Settings, Pair]:
    kept: dict[Settings, Pair] = st.session_state.setdefault(_KEPT, {})
    return kept


def _alike(one: Settings, other: Settings) -> bool:
    return one._replace(depth=0) == other._replace(depth=0)
