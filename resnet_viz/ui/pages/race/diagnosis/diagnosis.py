"""Diagnosis panel: the signs that experts check, for each net, and measurements on demand.

Folded at first; nothing is read or computed for it while it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from resnet_viz.findings.contestant import net_of
from resnet_viz.findings.signs import SIGNS
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race import display_options
from resnet_viz.ui.pages.race.diagnosis.on_demand import on_demand
from resnet_viz.ui.pages.race.diagnosis.racer import Racer, about_line, in_pairs, verdict_lines
from resnet_viz.ui.pages.race.lesions import Lesions
from resnet_viz.ui.pages.race.live.live import contestants_of
from resnet_viz.ui.pages.race.measurement_jobs import take_up, under_way
from resnet_viz.ui.pages.race.state import RaceView, look
from resnet_viz.ui.pages.race.view_url import DIAGNOSIS, panel, write_view
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import header, note

LOOK_SECONDS, UPDATE_SECONDS = 0.5, 3.0
INTRODUCTION = (
    "How experts tell why a network trains well or badly. The verdicts are computed from what was "
    "measured; their numbers stand beside them."
)


def diagnosis(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the panel; it updates itself while something is measured, or the race goes on."""
    with st.container(key="race_diagnosis"):
        unfolded = panel("Diagnosis: what experts look at", DIAGNOSIS)
        if not unfolded.open:
            return
        going, busy = not view.is_over, bool(under_way(lab, view.race_id))
        every = LOOK_SECONDS if busy else UPDATE_SECONDS if going else None
        with unfolded:
            st.fragment(_panel, run_every=every)(lab, view.race_id, busy, may_steer)


def _panel(lab: Lab, race_id: str, busy: bool, may_steer: bool) -> None:
    try:
        view = look(lab, race_id)
        take_up(lab, race_id, view.runs)
        if bool(under_way(lab, race_id)) != busy:
            st.rerun()
        racers = list(_racers(view))
        note(INTRODUCTION + _which(view, racers))
        _from_records(racers)
        own = list(zip(view.runs, contestants_of(view), strict=True))
        on_demand(lab, view, racers, Lesions(lab, race_id, own, may_steer, deletes=may_steer))
        write_view(race_id)  # the weights that are looked at may be others
    except (StoreError, ValueError) as error:  # a store that fails, a race that was deleted
        message_box.error(str(error))


def _racers(view: RaceView) -> Iterator[Racer]:
    """Of a net's several seeds the one that is looked at alone, else the first."""
    known, seed = set(), display_options.chosen_seed(view.runs)
    for run, net in zip(view.runs, contestants_of(view), strict=True):
        if seed in (None, run.seed) and net_of(run) not in known:
            known.add(net_of(run))
            yield Racer(run, net)


def _which(view: RaceView, racers: Sequence[Racer]) -> str:
    if len(racers) == len(view.runs):
        return ""
    seed = display_options.chosen_seed(view.runs)
    if seed is None:
        return " Of several seeds it is the first; above the pictures another can be chosen."
    return f" Of several seeds it is seed {seed}, as chosen above the pictures."


def _from_records(racers: Sequence[Racer]) -> None:
    header("From the records")
    every = min((r.run.spec.measure_every for r in racers if not r.run.is_watched), default=1)
    for place, sign in in_pairs(SIGNS):
        with place:
            st.markdown(f"**{sign.title}**")
            verdict_lines([(racer, sign.verdict(racer.net)) for racer in racers])
            about_line(sign.sentence, sign.formula, sign.source, sign.cost(every))
