"""What was measured for the page, by jobs: kept for the session, by settings and depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from resnet_viz.plots.colours import PLAIN, RESIDUAL
from resnet_viz.plots.new_net import New
from resnet_viz.ui.common import jobs
from resnet_viz.ui.initialisation.settings import SERIES, Settings

Pair = tuple[New, New]
"""A residual net and its plain twin."""
Shattered = Mapping[str, Mapping[str, Any]]
"""What was found of each of the two, by their names."""
_NAMES = ("residual net", "plain twin")
_KEPT = "initialisation_seen"
_MOST_KEPT = 200
_SERIES = "initialisation_series"
_NETS = ("initialisation_net", "initialisation_twin")
_SHATTERING = ("initialisation_net_shattering", "initialisation_twin_shattering")
_SHOWN, _SHOWN_SHATTERING = "initialisation_shown", "initialisation_shown_shattering"
_MEASURED = ("gradients", "variance")
_SECONDS = 1.0
"""So long the page waits before it says that it does: depth 110 is measured by then."""


def pair(settings: Settings) -> Pair | None:
    """The nets of these settings, if they were measured; asks for it, and says so, otherwise."""
    seen = _seen()
    if settings not in seen:
        _ask(_NETS, settings, _MEASURED)
        _ask(_SHATTERING, settings, ("shattering",))  # each takes the place of one of the first
        ends = _ends(_NETS, "The residual net is measured", "Its plain twin is measured")
        if not ends:
            return None
        _keep(settings, *(end.done[0] for end in ends))
    st.session_state[_SHOWN] = settings
    return seen[settings]


def before() -> tuple[Settings, Pair] | None:
    """Those that were shown last, and their settings, while others are measured."""
    settings: Settings | None = _before(_SHOWN, _NETS)
    return None if settings is None else (settings, _seen()[settings])


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


def shattered(settings: Settings) -> Shattered | None:
    """Both nets' shattering once it is measured, as `pair`."""
    _ask(_SHATTERING, settings, ("shattering",))
    words = "How alike neighbours' gradients are is measured"
    ends = _ends(_SHATTERING, words, words)
    if not ends:
        return None
    found = {name: end.done[0]["shattering"] for name, end in zip(_NAMES, ends, strict=True)}
    st.session_state[_SHOWN_SHATTERING] = found
    return found


def shattered_before() -> Shattered | None:
    """What was shown last, while others are measured."""
    found: Shattered | None = _before(_SHOWN_SHATTERING, _SHATTERING)
    return found


def _ask(slots: Sequence[str], settings: Settings, measure: tuple[str, ...]) -> None:
    """Two jobs side by side, for net and twin, unless these were asked already."""
    for slot, net in zip(slots, (settings.config(), settings.twin()), strict=True):
        one = jobs.asked(slot)
        if one is None or one.about != settings:
            request = settings.request(net, measure=measure)
            jobs.hand_in(slot, "initialisation", request, settings, is_awaited=False)


def _ends(slots: Sequence[str], *words: str) -> Sequence[jobs.Asked]:
    """How all ended; none while one has not, or after saying why there is no result."""
    jobs.wait_for(*slots, seconds=_SECONDS)
    ends = []
    for slot, being_done in zip(slots, words, strict=True):
        end = jobs.outcome(slot, being_done)
        if end is None:
            return ()
        if end.problem:
            jobs.complain(end)
            if st.button("Try again", key=f"again_{slot}"):
                for one in slots:
                    jobs.forget(one)
                st.rerun()
            return ()
        ends.append(end)
    return ends


def _before(shown: str, slots: Sequence[str]) -> Any:
    """What was shown last, if these slots' jobs are under way."""
    asked = filter(None, map(jobs.asked, slots))
    has_failed = any(one.problem for one in asked)
    return None if has_failed else st.session_state.get(shown)


def _keep(settings: Settings, net: Mapping[str, Any], twin: Mapping[str, Any]) -> None:
    seen = _seen()
    seen[settings] = (
        New.of(_NAMES[0], RESIDUAL, settings.config(), net),
        New.of(_NAMES[1], PLAIN, settings.twin(), twin),
    )
    for oldest in list(seen)[:-_MOST_KEPT]:
        del seen[oldest]


def _seen() -> dict[Settings, Pair]:
    kept: dict[Settings, Pair] = st.session_state.setdefault(_KEPT, {})
    return kept


def _alike(one: Settings, other: Settings) -> bool:
    return one._replace(depth=0) == other._replace(depth=0)
