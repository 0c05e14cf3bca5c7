"""New nets of an exhibit: measured before their first step by jobs, one per seed."""

from __future__ import annotations

import streamlit as st

from resnet_viz.figures.groups import HEIGHT_OF_ROW, groups
from resnet_viz.papers.exhibit import New
from resnet_viz.papers.measuring import request_of, results_of
from resnet_viz.papers.reading import of_new
from resnet_viz.papers.statements import Numbers
from resnet_viz.text import count
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.widgets import job_progress


def numbers(part: New, slot: str) -> Numbers:
    """What was measured in this session; nothing before all seeds are there."""
    asked = [job_progress.asked(name) for name in _slots(part, slot)]
    done = [one.done for one in asked if one is not None and one.is_over and not one.problem]
    if len(done) < len(part.seeds):
        return {}
    results = [results_of(part, of_seed) for of_seed in done]
    return of_new(part, results)


def draw(part: New, slot: str, ours: Numbers) -> None:
    """The press, its progress, and the chart."""
    if ours:
        height = 90 + HEIGHT_OF_ROW * len(ours)
        live_chart(groups(ours, part.unit), f"papers_chart_{slot}", height, alt=part.unit)
        return
    slots = _slots(part, slot)
    if all(job_progress.asked(name) is None for name in slots):
        nets = count(len(part.nets), "new net")
        seeds = count(len(part.seeds), "seed")
        with st.container(horizontal=True, vertical_alignment="center", key=f"papers_press_{slot}"):
            st.button(
                f"Measure {nets}",
                key=f"papers_measure_{slot}",
                icon=":material/play_arrow:",
                on_click=_submit,
                args=(part, slot),
            )
            st.markdown(f":small[{seeds} each, a few seconds; nothing stays on disk]")
        return
    for name in slots:
        end = job_progress.outcome(name, "Measuring new nets")
        if end is None:
            return
        if end.problem:
            job_progress.complain(end)
            st.button("Try again", key=f"papers_again_{slot}", on_click=_submit, args=(part, slot))
            return
    st.rerun()


def _submit(part: New, slot: str) -> None:
    for seed, name in zip(part.seeds, _slots(part, slot), strict=True):
        job_progress.hand_in(
            name, "initialisation", request_of(part, seed), part.measurement, is_awaited=False
        )


def _slots(part: New, slot: str) -> list[str]:
    return [f"papers_{slot}_{seed}" for seed in part.seeds]
