"""Unreadable runs of a race: what is shown of runs whose specs this version cannot read."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.figures.training_curves import training_curves
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.unreadable import curve_of, runs_of, sentences_of
from resnet_viz.store.run import Run, UnreadableRun
from resnet_viz.text import and_words
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.race.state import address_of, close_race, key_of, open_runs
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import note, title


def unreadable_runs(lab: Lab, race_id: str) -> bool:
    """Draw what is known of them; False if the race has none."""
    ids = [id for value in address_of(race_id).values() for id in value.split(",")]
    runs = runs_of(lab, [id for id in ids if not id.startswith("#")])
    bad = [run for run in runs if isinstance(run, UnreadableRun)]
    if not bad:
        return False
    title(and_words([run.name for run in bad]))
    for run in bad:
        message_box.warning(" ".join(sentences_of(run)))
    _losses(lab, race_id, bad)
    good = [run.id for run in runs if isinstance(run, Run)]
    with st.container(horizontal=True):
        if good:
            st.button("Show the other nets", key="race_readable", on_click=open_runs, args=(good,))
        st.button("New race", key="race_leave", on_click=close_race)
    return True


def _losses(lab: Lab, race_id: str, bad: Sequence[UnreadableRun]) -> None:
    """Their losses and accuracies by step, as far as they are on record."""
    colours = contestant_colours([None] * len(bad))
    nets = [
        Contestant(run.name, colour, (), history, is_over=True)
        for run, colour in zip(bad, colours, strict=True)
        if len(history := curve_of(lab, run))
    ]
    if nets:
        alt = f"Loss and accuracy by step of {and_words([net.name for net in nets])}."
        live_chart(training_curves(nets), f"unreadable_{key_of(race_id)}", 420, alt=alt)
        note("Loss (above) and accuracy (below) of each minibatch, before its update, by step.")
