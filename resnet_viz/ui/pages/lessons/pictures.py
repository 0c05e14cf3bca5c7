"""Pictures of a lesson: the stage of its race, and figures of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.figure_words import spoken
from resnet_viz.lessons.measurement_slots import CountsSlot
from resnet_viz.lessons.notebook_slot import NotebookSlot
from resnet_viz.lessons.slots import FigureSlot, StageSlot
from resnet_viz.store.database import StoreError
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.components.stages.stage_view import pointer_of, stage_view, wake
from resnet_viz.ui.pages.lessons.counts_view import counts_figure
from resnet_viz.ui.pages.lessons.notebook.figures import found_by, notebook_figure
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.session.access import has_controls, is_owner
from resnet_viz.ui.widgets.markdown import small
from resnet_viz.ui.widgets.page_texts import note

_QUANTITY = "lessons_quantity"
_STEERING: Mapping[str, Callable[[Lab, str], None]] = {
    "pause": Lab.pause,
    "resume": Lab.resume,
    "train_one": Lab.step,
}
_HEIGHT = 400


def stage_slot(reading: Reading, slot: StageSlot) -> None:
    """Draw the stage of a race, from its first step on."""
    lab, words = reading.lab, reading.words
    race_id = reading.place.measured.get(slot.of, "")
    if reading.seen[slot.of] is None:
        st.markdown(small(words("The networks appear here once the race begins.")))
        return

    may_steer = is_owner() or has_controls(lab, race_id)

    def obey(wish: Mapping[str, Any]) -> None:
        if wish["name"] == "quantity":
            st.session_state[_QUANTITY] = wish.get("value")
        elif wish["name"] in _STEERING and may_steer:
            with suppress(StoreError, ValueError):  # it is over, or was deleted
                _STEERING[wish["name"]](lab, race_id)

    wake()
    stage_view(
        race_id,
        pointer_of(f"lesson_{race_id}"),
        st.session_state.get(_QUANTITY) or "",
        steers=may_steer,
        is_alone=False,
        run=token_hex(4),
        on_wish=obey,
        has_reasons=False,
        language=reading.place.language,
    )
    note(slot.caption)


def figure_slot(reading: Reading, slot: FigureSlot, key: str) -> None:
    """Draw a figure, once there is something to draw."""
    words, of = reading.words, reading.lesson.measurements[slot.of]
    if isinstance(of, CountsSlot):
        counts_figure(of, slot.figure, key, words)
        note(slot.caption)
        return
    seen = reading.seen[slot.of]
    is_ready = seen is not None and (seen.is_over or not slot.after)
    if isinstance(of, NotebookSlot) and is_ready and (found := found_by(reading, of)):
        with st.container(key=f"lesson_figure_{key}"):
            notebook_figure(found, slot.figure, key, slot.caption, words)
            note(slot.caption)
        return
    if seen is None or slot.figure not in seen.figures or not is_ready:
        st.markdown(small(words("The figure appears here once it is measured.")))
        return
    with st.container(key=f"lesson_figure_{key}"):
        drawn = spoken(seen.figures[slot.figure](), words)
        live_chart(drawn, f"lesson_chart_{key}", _HEIGHT, alt=slot.caption)
        note(slot.caption)
