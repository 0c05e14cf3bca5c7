"""Classroom: the class in which a session reads, and its reader's votes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.judgement import Guess
from resnet_viz.store.database import StoreError
from resnet_viz.ui.session.access import class_id, has_controls
from resnet_viz.ui.widgets import message_box

_COUNTED, _NAME = "lessons_counted", "lessons_reader"
_READER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Classroom:
    """An open class: `link` is the query that its readers begin with; the teacher opened it."""

    code: str
    link: str
    is_teacher: bool


def classroom_of(lab: Lab, code: str) -> Classroom | None:
    """The class of that code; None for "".

    Raises:
        ValueError: if no class of that code is open.
        StoreError: where the store cannot be read.
    """
    if not code:
        return None
    return Classroom(code, lab.class_link(code), has_controls(lab, class_id(code)))


def count(lab: Lab, room: Classroom | None, prediction: str, reader: str, guess: Guess) -> None:
    """Count a guess in the class, once; the teacher's own is not counted. `reader` is the random
    name that the browser keeps. A session keeps its first one, so that it votes once."""
    if room is None or room.is_teacher or not _READER.fullmatch(reader):
        return
    name: str = st.session_state.setdefault(_NAME, reader)
    counted: dict[tuple[str, str], Guess] = st.session_state.setdefault(_COUNTED, {})
    if counted.get((room.code, prediction)) == guess:
        return
    try:
        lab.vote(room.code, prediction, name, guess)
    except (StoreError, ValueError) as error:
        message_box.warning(str(error))
        return
    counted[room.code, prediction] = guess
