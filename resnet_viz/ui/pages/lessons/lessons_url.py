"""Lessons URL: which lesson and step is read, in which language, what was measured for it, and what
a teacher has set: `?lesson=race&part=2&lang=ko&main=RACE&only=race,deeper&hide=race.3&locked=1`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

import streamlit as st

from resnet_viz.experiments.student_notebook.program import FAULTS, Fault
from resnet_viz.lessons.languages import LANGUAGES
from resnet_viz.ui.session.history import is_by_history, is_switched
from resnet_viz.ui.session.language import FIRST, language, speak

_STATE, _FOLLOWED = "lessons_place", "lessons_class_followed"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_CODE = re.compile(r"[A-Z2-9]{4,8}")
_ID = re.compile(r"[A-Za-z0-9_,\-]{1,200}")
_OF_STAGE = "step"
"""The step of training that the stage shows; it writes that into the address by itself."""
_OWN = ("lesson", "part", _OF_STAGE, "lang", "only", "hide", "locked", "class", "mended")


@dataclass(frozen=True)
class Place:
    """Where a reader is: a lesson ("" for the list) and its step, from 0.

    `measured` holds the ids of measurements by their names. A teacher's link says which lessons
    there are and in which order (`only`; () for all), which steps are hidden ("race.3", from 1),
    whether steps open one after the other (`is_locked`), and the code of a class. `mended` are the
    faults that are mended in the student's program, where the lesson has it.
    """

    lesson: str = ""
    step: int = 0
    language: str = FIRST
    measured: Mapping[str, str] = field(default_factory=dict)
    only: Sequence[str] = ()
    hide: Sequence[str] = ()
    is_locked: bool = False
    class_code: str = ""
    mended: Collection[Fault] = ()

    def query(self) -> dict[str, str]:
        """The settings of the link that leads here."""
        values = {
            "lesson": self.lesson,
            "part": str(self.step + 1) if self.step else "",
            "lang": self.language if self.language != FIRST else "",
            "only": ",".join(self.only),
            "hide": ",".join(self.hide),
            "locked": "1" if self.is_locked else "",
            "class": self.class_code,
            "mended": ",".join(self.mended),
            **self.measured,
        }
        return {name: value for name, value in values.items() if value}


def place_of(query: Mapping[str, str]) -> Place:
    """Where a link leads; what it cannot mean is left out."""
    step = query.get("part", "1")
    return Place(
        _one(query.get("lesson", "")),
        max(0, int(step) - 1) if step.isascii() and step.isdigit() and len(step) < 4 else 0,
        language_of(query),
        {
            name: value
            for name, value in query.items()
            if name not in _OWN and _NAME.fullmatch(name) and _ID.fullmatch(value)
        },
        tuple(filter(None, map(_one, query.get("only", "").split(",")))),
        tuple(part for part in query.get("hide", "").split(",") if re.fullmatch(r"\w+\.\d+", part)),
        query.get("locked") == "1",
        code if _CODE.fullmatch(code := query.get("class", "").upper()) else "",
        tuple(fault for fault in FAULTS if fault in query.get("mended", "").split(",")),
    )


def language_of(query: Mapping[str, str]) -> str:
    """The language of a link."""
    return query["lang"] if query.get("lang") in LANGUAGES else FIRST


def _one(name: str) -> str:
    return name if _NAME.fullmatch(name) else ""


def read_place() -> Place:
    """Where the link leads that brought the reader, or where this session is."""
    known: Place | None = st.session_state.get(_STATE)
    query = st.query_params.to_dict()
    if known is None or is_by_history() or (query and is_switched()):
        known = place_of(query)
        if "lang" in query or is_by_history():
            speak(known.language)
    st.session_state[_STATE] = known = replace(known, language=language())
    return known


def follow(link: str) -> Place:
    """Read what a class's link says: its lessons and their order, and its language at first."""
    place: Place = st.session_state[_STATE]
    said = place_of(dict(parse_qsl(link)))
    if st.session_state.get(_FOLLOWED) != place.class_code:
        speak(said.language)
        st.session_state[_FOLLOWED] = place.class_code
    place = replace(
        place,
        lesson=place.lesson or said.lesson,
        language=language(),
        only=said.only,
        hide=said.hide,
        is_locked=said.is_locked,
    )
    st.session_state[_STATE] = place
    return place


def write_link() -> None:
    """Have the address hold where the reader is."""
    query = st.session_state[_STATE].query()
    known = st.query_params.to_dict()
    known.pop(_OF_STAGE, None)
    if known != query:
        st.query_params.from_dict(query)


def move(**changes: object) -> None:
    """Go elsewhere, from the next run of the page on; another lesson has no measurements yet."""
    place: Place = st.session_state[_STATE]
    if changes.get("lesson", place.lesson) != place.lesson:
        changes = {"step": 0, "measured": {}, "mended": (), **changes}
    st.session_state[_STATE] = replace(place, **changes)  # type: ignore[arg-type]


def keep_measured(name: str, id_: str) -> None:
    """Keep the id of a measurement with the place."""
    place: Place = st.session_state[_STATE]
    move(measured={**place.measured, name: id_})


def is_measured(name: str, id_: str | None) -> bool:
    """Whether this is the id that the place holds of a measurement; None for none."""
    place: Place = st.session_state[_STATE]
    return place.measured.get(name) == id_
