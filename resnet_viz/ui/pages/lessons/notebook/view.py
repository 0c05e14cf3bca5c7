"""Notebook view: the student's program, its faults with a press that mends each, what each does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from html import escape
from pathlib import Path

import streamlit as st

from resnet_viz.experiments.student_notebook.program import FAULTS, Fault, lines_of, program
from resnet_viz.lessons import kinds
from resnet_viz.lessons.facts import in_words
from resnet_viz.lessons.kinds.notebook import Found, Outcome
from resnet_viz.lessons.notebook_slot import YOURS, NotebookSlot
from resnet_viz.lessons.notebook_words import fault_words
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.pages.lessons.lessons_url import keep_measured, move
from resnet_viz.ui.pages.lessons.measuring import is_asked
from resnet_viz.ui.pages.lessons.notebook.figures import found_by, loss_chart, traits
from resnet_viz.ui.pages.lessons.reading import Reading
from resnet_viz.ui.session.access import asker
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small

_CSS = Path(__file__).with_name("program.css")
_SECONDS = 0.7
_REFUSED = "lessons_notebook_refused"


def notebook_slot(reading: Reading, slot: NotebookSlot) -> None:
    """Draw the program beside its faults, and the press that runs it."""
    found, words = found_by(reading, slot), reading.words
    _run(reading, slot)
    yours = _yours(reading, found)
    if yours is not None:
        _say_yours(slot, yours, words)
    elif found is not None and YOURS in found.outcomes:
        st.markdown(small(words("The program has changed since it ran. Run it again.")))
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        error, line = (yours.stopped_by, yours.line) if yours else ("", 0)
        _program(reading.place.mended, words, error=error, at=line)
        loss_chart(found, words)
    with right, st.container(key="lesson_faults"):
        for fault in FAULTS:
            _fault(reading, fault, found.outcomes if found else {})


def _program(mended: Collection[Fault], words: Words, *, error: str = "", at: int = 0) -> None:
    """Draw the program in which these faults are mended; `error` stopped it at line `at`."""
    lines = "".join(_lines(mended, words, error, at))
    label = escape(words("The program, with its faults marked"))
    st.html(_CSS)
    st.html(
        f'<div class="program" role="region" tabindex="0" aria-label="{label}">'
        f"<ol>{lines}</ol></div>"
    )


def _lines(mended: Collection[Fault], words: Words, error: str, at: int) -> Iterator[str]:
    for number, (text, fault) in enumerate(program(frozenset(mended)), 1):
        about, mark = "", "<b></b>"
        if fault is not None:
            state, sign = ("mended", "✓") if fault in mended else ("wrong", "✗")
            about = f' class="{state}" data-fault="{fault}"'
            said = words("mended fault") if fault in mended else words("fault")
            mark = f"<b>{sign}<s>{escape(said)} </s>{FAULTS.index(fault) + 1}</b>"
        yield f"<li{about}><i>{number}</i>{mark}{escape(text)}</li>"
        if number == at:
            yield f'<li class="error"><span>▲ {escape(error)}</span></li>'


def _yours(reading: Reading, found: Found | None) -> Outcome | None:
    """What the program did as it stands now."""
    if found is None or set(found.mended) != set(reading.place.mended):
        return None
    return found.outcomes.get(YOURS)


def _run(reading: Reading, slot: NotebookSlot) -> None:
    """The press, and how far the programs are."""
    lab, place, words = reading.lab, reading.place, reading.words
    seen = reading.seen[slot.name]

    def begin() -> None:
        try:
            id_ = kinds.notebook.begin(lab, slot, asker(lab), place.mended)
        except (StoreError, ValueError) as error:
            st.session_state[_REFUSED] = str(error)
            return
        keep_measured(slot.name, id_)

    why_not = ""
    if is_gallery():
        why_not = words("Nothing can be measured in a gallery.")
    elif is_asked(reading, slot.name):
        why_not = words("Give your prediction first.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            words("Run the program"),
            type="primary",
            key=f"lesson_press_{slot.name}",
            icon=":material/play_arrow:",
            on_click=begin,
            disabled=bool(why_not),
            help=why_not or None,
        )
        said = words("{mended} of {faults} faults mended")
        st.markdown(small(said.format(mended=len(place.mended), faults=len(FAULTS))))
    if message := st.session_state.pop(_REFUSED, "") or (seen.problem if seen else ""):
        message_box.error(message)
    if seen is not None and not seen.is_over and not seen.problem:
        _progress(reading, slot)


def _progress(reading: Reading, slot: NotebookSlot) -> None:
    """A bar that moves; with each program that is done, the page is drawn again."""
    known = found_by(reading, slot)

    @st.fragment(run_every=_SECONDS)
    def bar() -> None:
        found = found_by(reading, slot)
        if found is None or known is None:
            st.rerun()
        seen = kinds.look(reading.lab, slot, reading.place.measured[slot.name])
        if seen.is_over or seen.problem or len(found.outcomes) > len(known.outcomes):
            st.rerun()
        said = reading.words("Running it beside the other programs: {percent}")
        st.progress(min(1.0, seen.share), text=said.format(percent=f"{seen.share:.0%}"))

    bar()


def _say_yours(slot: NotebookSlot, yours: Outcome, words: Words) -> None:
    if yours.stopped_by:
        said = words("Your program stops at line {line}: {error}")
        message_box.warning(said.format(line=yours.line, error=yours.stopped_by))
        return
    said = words(
        "Your program runs. After {steps} steps its loss is {loss}. Before training, the first "
        "layer's gradient is {ratio} times the last one's."
    )
    about = {"loss": in_words(yours.loss), "ratio": in_words(yours.ratio, 2)}
    with st.container(border=True):
        st.markdown(plain(said.format(steps=slot.steps, **about)))


def _fault(reading: Reading, fault: Fault, outcomes: Mapping[str, Outcome]) -> None:
    """A fault: where it is, what is wrong, the press that mends it, and what it does alone."""
    words, mended = reading.words, reading.place.mended
    is_mended, about = fault in mended, fault_words(words)[fault]
    others = tuple(one for one in mended if one != fault)
    lines = lines_of(fault)
    where = words("line {lines}") if len(lines) == 1 else words("lines {lines}")
    number = FAULTS.index(fault) + 1
    press = words("Undo") if is_mended else words("Mend")
    with st.container(border=True, key=f"lesson_fault_{fault}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            places = where.format(lines=", ".join(map(str, lines)))
            st.markdown(f"**{number}. {plain(about.title)}** · {places}", width="stretch")
            st.button(
                f"{press} {number}",
                key=f"lesson_mend_{fault}",
                icon=":material/undo:" if is_mended else ":material/build:",
                on_click=move,
                kwargs={"mended": others if is_mended else (*mended, fault)},
            )
        st.markdown(small(plain(about.sentence)))
        _effect(outcomes.get(f"only_{fault}"), outcomes.get("mended"), words)


def _effect(alone: Outcome | None, sound: Outcome | None, words: Words) -> None:
    """What a program with this fault alone does, beside the one without any."""
    if alone and alone.stopped_by:
        said = words("With this fault alone, the program stops at line {line}: {error}")
        st.markdown(small(plain(said.format(line=alone.line, error=alone.stopped_by))))
    elif alone and sound:
        st.table(
            [
                {
                    words("measured"): of,
                    words("this fault alone"): value(alone),
                    words("all mended"): value(sound),
                }
                for of, value in traits(words).items()
            ],
            border="horizontal",
        )
