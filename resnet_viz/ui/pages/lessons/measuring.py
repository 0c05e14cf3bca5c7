"""Measurements of a lesson: the press that begins one, and its progress."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import streamlit as st

from resnet_viz.lessons import kinds
from resnet_viz.lessons.lesson import MEASUREMENTS, PREDICTIONS
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    CountsSlot,
    RaceSlot,
    RemovalSlot,
    SweepSlot,
)
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.lessons.lessons_url import is_measured, keep_measured
from resnet_viz.ui.pages.lessons.prediction_slot import is_given
from resnet_viz.ui.pages.lessons.reading import Reading, look
from resnet_viz.ui.session.access import asker, take_controls
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box

_SECONDS = 0.7
"""Between two looks at what is under way."""
_REFUSED, _BEGUN = "lessons_refused", "lessons_begun"


@dataclass
class _Begun:
    """What presses have begun and the place does not hold yet: ids by lesson and slot."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


def press(reading: Reading, slot: AnyMeasurement) -> None:
    """Draw the button that begins a measurement, or how far it is."""
    if isinstance(slot, CountsSlot):
        return
    seen = reading.seen[slot.name]
    _take_up(reading, slot)
    if seen is not None and not seen.is_over and not seen.problem:
        progress(reading, slot)
        return
    if seen is not None and seen.problem:
        message_box.error(seen.problem)
    elif seen is not None:
        return
    _button(reading, slot)
    if said := st.session_state.pop(_REFUSED, ""):
        message_box.error(said)


def _begun() -> _Begun:
    begun: _Begun = st.session_state.setdefault(_BEGUN, _Begun())
    return begun


def _take_up(reading: Reading, slot: AnyMeasurement) -> None:
    """Keep what a press has begun, even if the run of the script that began it was cut short."""
    ids, key = _begun().ids, (reading.lesson.key, slot.name)
    if key in ids and is_measured(slot.name, ids[key]):
        del ids[key]
    elif key in ids:
        _keep(slot, ids[key])
        st.rerun()


def _keep(slot: AnyMeasurement, id_: str) -> None:
    if isinstance(slot, RaceSlot | SweepSlot):
        take_controls(id_)
    keep_measured(slot.name, id_)


def _button(reading: Reading, slot: AnyMeasurement) -> None:
    lab, place, words = reading.lab, reading.place, reading.words
    race_id = place.measured.get(slot.of, "") if isinstance(slot, RemovalSlot) else ""
    why_not = ""
    if is_gallery():
        why_not = words("Nothing can be measured in a gallery.")
    elif isinstance(slot, RemovalSlot) and not _has_facts(reading, slot.of):
        why_not = words("Possible once the race above is over.")
    elif is_asked(reading, slot.name):
        why_not = words("Give your prediction first.")

    begun, key, before = _begun(), (reading.lesson.key, slot.name), place.measured.get(slot.name)

    def begin() -> None:
        # A second press ends this run wherever it touches the session: what is noted has begun.
        by = asker(lab)
        if not is_measured(slot.name, before):
            return  # an earlier press did it
        try:
            with begun.lock:
                if key not in begun.ids:
                    begun.ids[key] = kinds.begin(lab, slot, by, race_id)
        except (StoreError, ValueError) as error:
            st.session_state[_REFUSED] = str(error)
            return
        _keep(slot, begun.ids[key])

    label = {
        "race": words("Start the race"),
        "sweep": words("Train all of them"),
        "new_nets": words("Measure it"),
        "removal": words("Remove each block in turn"),
    }[slot.kind]
    st.button(
        f"{label}{_time(reading, slot)}",
        type="primary",
        key=f"lesson_press_{slot.name}",
        icon=":material/play_arrow:",
        on_click=begin,
        disabled=bool(why_not),
        help=why_not or None,
    )


def is_asked(reading: Reading, name: str) -> bool:
    """Whether a locked lesson still asks for a prediction about a measurement, before its press."""
    if not reading.place.is_locked:
        return False
    lesson = reading.lesson
    for number, step in enumerate(lesson.steps, 1):
        for placed in step.slots:
            slot = placed.slot
            if isinstance(slot, MEASUREMENTS) and slot.name == name:
                return False
            if isinstance(slot, PREDICTIONS) and slot.of == name:
                is_hidden = f"{lesson.key}.{number}" in reading.place.hide
                if not is_hidden and not is_given(lesson, placed):
                    return True
    return False


def _has_facts(reading: Reading, name: str) -> bool:
    seen = reading.seen[name]
    return seen is not None and seen.facts is not None


def _time(reading: Reading, slot: AnyMeasurement) -> str:
    """How long it takes here, where that is known: " (about 8 s)"."""
    seconds = None
    try:
        if isinstance(slot, RaceSlot):
            seconds = reading.lab.expected_seconds(slot.spec().runs())
        elif isinstance(slot, SweepSlot):
            seconds = reading.lab.expected_sweep(slot.spec()).seconds
    except (StoreError, ValueError):  # whoever presses is told
        return ""
    return f" ({about(seconds, reading.words)})" if seconds else ""


def progress(reading: Reading, slot: AnyMeasurement) -> None:
    """A bar that moves; when it is full, the page is drawn again."""

    @st.fragment(run_every=_SECONDS)
    def bar() -> None:
        seen = look(reading.lab, reading.lesson, reading.place, slot.name)
        if seen is None or seen.is_over or seen.problem:
            st.rerun()
        share = min(1.0, max(0.0, seen.share))
        st.progress(
            share, text=reading.words("Measuring: {percent}").format(percent=f"{share:.0%}")
        )

    bar()
