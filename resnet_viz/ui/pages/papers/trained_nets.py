"""Trained nets of an exhibit: its sweep, what it costs, the press, and the chart of its ends."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.figures.groups import HEIGHT_OF_ROW, groups
from resnet_viz.figures.sweeps.along_axis import along_axis
from resnet_viz.findings.sweeps.courses import is_over
from resnet_viz.findings.sweeps.grid import ENDS, grid_of
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Cell, SweepSummary
from resnet_viz.papers import measuring
from resnet_viz.papers.exhibit import Trained
from resnet_viz.papers.reading import left_to_measure, of_cells
from resnet_viz.papers.statements import Numbers
from resnet_viz.store.database import StoreError
from resnet_viz.text import count
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.session.access import asker, has_controls, is_owner, take_controls
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import small
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.ui.widgets.sweep_cost import cost, expected

_REFUSED = "papers_refused"
_HEIGHT = 380


def numbers(lab: Lab, part: Trained) -> Numbers:
    """What this computer has of it."""
    return of_cells(lab, part, lab.sweep_cells(part.sweep))


def is_under_way(lab: Lab, part: Trained) -> bool:
    """Whether its sweep is training, or its nets are being measured."""
    sweep = _sweep(lab, part)
    if sweep is not None and sweep.status == "running":
        return True
    return bool(part.measurement) and measuring.is_under_way(lab, part)


def press(lab: Lab, part: Trained, slot: str) -> None:
    """The progress, the press, and the way to the sweep."""
    cells = lab.sweep_cells(part.sweep)
    sweep = _sweep(lab, part)
    done = sum(map(is_over, cells))
    if done < len(cells) and sweep is not None and sweep.status == "running":
        st.progress(done / len(cells), text=f"Training: {done} of {count(len(cells), 'run')} done")
    with st.container(horizontal=True, vertical_alignment="center", key=f"papers_press_{slot}"):
        _press(lab, part, slot, cells, sweep)
        if sweep is not None and _may_look(lab, sweep.id):
            st.page_link(
                "pages/sweeps.py",
                label="Curves and table of this sweep",
                icon=":material/monitoring:",
                query_params={"sweep": sweep.id, "picture": "curves"},
            )
    if said := st.session_state.pop(f"{_REFUSED}_{slot}", ""):
        message_box.error(said)


def _press(
    lab: Lab, part: Trained, slot: str, cells: Sequence[Cell], sweep: SweepSummary | None
) -> None:
    if is_gallery():
        return
    is_running = sweep is not None and sweep.status == "running"
    of = expected(lab, part.sweep)
    left = of.cells - len(of.refused) - sum(map(is_over, cells))
    if left > 0 and not is_running:
        st.button(
            f"Train {count(left, 'run')}",
            key=f"papers_train_{slot}",
            icon=":material/play_arrow:",
            on_click=_train,
            args=(lab, part, slot),
        )
        st.markdown(small(cost(of)))
    elif (runs := left_to_measure(lab, part, cells)) and not is_running:
        if measuring.is_under_way(lab, part):
            st.markdown(small(f"Measuring: {count(len(runs), 'run')} left."))
            return
        st.button(
            f"Measure {count(len(runs), 'trained net')}",
            key=f"papers_look_{slot}",
            icon=":material/play_arrow:",
            on_click=_measure,
            args=(lab, part, runs, slot),
        )
        st.markdown(small("A few seconds per net. The results are kept with the runs."))
    elif sweep is None:
        st.button(
            "Gather the runs in a sweep",
            key=f"papers_gather_{slot}",
            on_click=_train,
            args=(lab, part, slot),
            help="Other sweeps or races trained them. As a sweep they have curves and a table.",
        )


def chart(lab: Lab, part: Trained, slot: str, ours: Numbers) -> None:
    """The chart of what is there."""
    cells = lab.sweep_cells(part.sweep)
    if not any(cell.end for cell in cells):
        return
    key = f"papers_chart_{slot}"
    grid = grid_of(cells)
    is_an_end = not part.measurement and not part.quantity
    if is_an_end and grid.axes[0].numbers is not None:
        x = grid.axes[0].name
        alt = f"{ENDS[part.of].words} by {grid.axes[0].title}; the table has the numbers"
        live_chart(along_axis(grid, x, part.of), key, _HEIGHT, alt=alt)
        note(
            "Each mark is one run. Lines join the medians; bars reach from the lowest seed to the "
            "highest."
        )
    elif ours:
        height = 90 + HEIGHT_OF_ROW * len(ours)
        live_chart(groups(ours, part.unit), key, height, alt=f"{part.unit} of each group")
        note("Each mark is one seed; the bar is their median.")


def _sweep(lab: Lab, part: Trained) -> SweepSummary | None:
    """The newest sweep of this computer that trains the same."""
    bare = part.sweep.model_copy(update={"name": ""})
    found = (
        one
        for one in lab.sweeps()
        if one.spec is not None and one.spec.model_copy(update={"name": ""}) == bare
    )
    return next(found, None)


def _may_look(lab: Lab, sweep_id: str) -> bool:
    """Whether this visitor sees the sweep in lists: its id is a key to it."""
    return is_gallery() or is_owner() or has_controls(lab, sweep_id)


def _train(lab: Lab, part: Trained, slot: str) -> None:
    try:
        take_controls(lab.sweep(part.sweep, asker=asker(lab)))
    except (StoreError, ValueError) as error:
        st.session_state[f"{_REFUSED}_{slot}"] = f"The sweep was not started: {error}."


def _measure(lab: Lab, part: Trained, runs: Sequence[str], slot: str) -> None:
    try:
        measuring.measure(lab, part, runs, asker=asker(lab))
    except (StoreError, ValueError) as error:
        st.session_state[f"{_REFUSED}_{slot}"] = f"The nets were not measured: {error}."
