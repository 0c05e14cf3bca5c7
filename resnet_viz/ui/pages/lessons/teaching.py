"""Teaching: the link that a teacher hands out, and the class that is opened for it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.languages import LANGUAGES, words_in
from resnet_viz.lessons.lesson import Lesson
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.components.kept_controls import keep_controls
from resnet_viz.ui.pages.lessons.classroom import Classroom
from resnet_viz.ui.pages.lessons.lessons_url import Place, move
from resnet_viz.ui.session.access import asker, class_id, take_controls
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box

_REFUSED, _BOARD = "teach_refused", "teach_board"
_LOCAL = {"localhost", "127.0.0.1", "::1"}


def teaching(lab: Lab, lessons: Sequence[Lesson], place: Place, room: Classroom | None) -> None:
    """Draw the popover by which a teacher makes a link, or closes a class."""
    if place.is_locked or (room is not None and not room.is_teacher):
        return
    words = words_in(place.language)
    if room is not None:
        st.button(
            words("Class {code}").format(code=room.code),
            icon=":material/cast_for_education:",
            key="teach_show",
            on_click=_show_board,
            help=words("Shows the code and the link in large letters."),
        )
    # Another key once the class is open: the popover closes.
    key = "teach_class" if room else "teach"
    with st.popover(words("Teach with this"), icon=":material/school:", key=key):
        if room is None:
            _settings(lab, lessons, place, words)
        else:
            _class(lab, room, words)


def keep_class(lab: Lab, place: Place, room: Classroom | None) -> None:
    """Have the teacher's browser keep the class, and draw its code in large letters on request."""
    if room is None or not room.is_teacher:
        return
    keep_controls(lab, class_id(room.code), room.code)
    if st.session_state.get(_BOARD):
        _board(room, words_in(place.language))


def _show_board() -> None:
    st.session_state[_BOARD] = True


def _hide_board() -> None:
    st.session_state[_BOARD] = False


def _settings(lab: Lab, lessons: Sequence[Lesson], place: Place, words: Words) -> None:
    titles = {lesson.key: lesson.head.title for lesson in lessons}
    only = st.multiselect(
        words("Lessons, in this order"),
        list(titles),
        default=[place.lesson] if place.lesson in titles else None,
        key=f"teach_only_{place.lesson}",
        format_func=lambda key: titles.get(key, key),
        placeholder=words("all lessons"),
    )
    steps = _steps([one for key in only for one in lessons if one.key == key] or lessons)
    key = f"teach_hide_{place.lesson}"
    st.session_state[key] = [one for one in st.session_state.get(key, ()) if one in steps]
    hide = st.multiselect(
        words("Steps to hide"),
        list(steps),
        key=key,
        format_func=lambda step: steps.get(step, step),
        placeholder=words("none"),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.segmented_control(
            words("Language of the link"),
            list(LANGUAGES),
            default=place.language,
            key="teach_language",
            format_func=LANGUAGES.__getitem__,
            required=True,
        )
        is_locked = st.toggle(
            words("Lock the lessons"),
            key="teach_locked",
            help=words(
                "A step opens after the prediction and the measurement before it. Menus, settings "
                "and other lessons are hidden."
            ),
        )
    link = Place(
        lesson=only[0] if len(only) == 1 else "",
        language=code or place.language,
        only=only,
        hide=hide,
        is_locked=is_locked,
    )
    st.markdown(words("**Link** for your readers:"))
    _copyable(_address(link.query()))
    _opening(lab, link, words)


def _steps(lessons: Sequence[Lesson]) -> dict[str, str]:
    """The steps of lessons by their names in links."""
    return {
        f"{lesson.key}.{number}": f"{lesson.head.title}: {number}. {step.title}"
        for lesson in lessons
        for number, step in enumerate(lesson.steps, 1)
    }


def _opening(lab: Lab, link: Place, words: Words) -> None:
    def open_class() -> None:
        try:
            code = lab.open_class(urlencode(link.query()), asker=asker(lab))
        except (StoreError, ValueError) as error:
            st.session_state[_REFUSED] = str(error)
            return
        take_controls(class_id(code))
        move(class_code=code)
        _show_board()

    st.markdown(
        words(
            "In a class, everybody sees all predictions together. No names are kept, and the class "
            "is deleted after a day."
        )
    )
    st.button(
        words("Open a class"),
        icon=":material/groups:",
        key="teach_open",
        type="primary",
        on_click=open_class,
        disabled=is_gallery(),
        help=words("No class can be opened in a gallery.") if is_gallery() else None,
    )
    if said := st.session_state.pop(_REFUSED, ""):
        message_box.error(said)


def _class(lab: Lab, room: Classroom, words: Words) -> None:
    st.markdown(words("**Link** for your readers:"))
    _copyable(_address({"class": room.code}))
    st.markdown(words("Your own predictions are not counted."))

    def close() -> None:
        try:
            lab.close_class(room.code)
        except (StoreError, ValueError) as error:
            st.session_state[_REFUSED] = str(error)
            return
        move(class_code="")
        _hide_board()

    st.button(
        words("Close the class"),
        icon=":material/close:",
        key="teach_close",
        on_click=close,
        help=words("Deletes the predictions of this class."),
    )
    if said := st.session_state.pop(_REFUSED, ""):
        message_box.error(said)


def _board(room: Classroom, words: Words) -> None:
    """Draw the code and the link, to be read from the last row."""

    @st.dialog(words("Join the class"), width="large", on_dismiss=_hide_board)
    def board() -> None:
        address, said = _address({"class": room.code}), words("QR code of the link")
        st.html(
            f'<div class="class-code">{escape(room.code)}</div><div class="class-way">'
            f'<img class="class-qr" alt="{escape(said)}" src="{_qr_code(address)}">'
            f'<div class="class-link">{escape(address)}</div></div>'
        )
        _copyable(address)
        if urlsplit(address).hostname in _LOCAL:
            message_box.warning(
                words(
                    "This address works on this computer alone. Open the app by the address that "
                    "other computers use."
                )
            )

    board()


def _qr_code(text: str) -> str:
    """A QR code as an address of an SVG, black on white in either theme, as cameras need it."""
    return segno.make(text, micro=False).svg_data_uri(scale=8, light="white")


def _address(query: dict[str, str]) -> str:
    page = st.context.url or ""
    return f"{page}?{urlencode(query, safe=',')}" if query else page


def _copyable(address: str) -> None:
    st.code(address, language=None, wrap_lines=True)
