"""Actions on the ticked races: open together, name, export, stop, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.store.notes import MOST_CHARACTERS, MOST_OF_A_NOTE
from resnet_viz.text import and_words, byte_size, capital, count
from resnet_viz.ui.pages.runs.groups import Group
from resnet_viz.ui.pages.runs.race_table import tick
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets.downloads import take_away
from resnet_viz.ui.widgets.markdown import plain, small

MOST_TOGETHER = 12
_KEPT, _NET = "runs_kept", "runs_net_"
DONE, REFUSED = "runs_done", "runs_refused"


def actions(lab: Lab, ticked: Sequence[Group]) -> None:
    """Draw the buttons, and do what is pressed."""
    with st.container(horizontal=True, vertical_alignment="center", key="runs_actions"):
        _opening(ticked)
        one = ticked[0] if len(ticked) == 1 else None
        # Another key after each Save: the box that was open is gone, and this one is closed.
        times = st.session_state.get(_KEPT, 0)
        fixed = is_gallery()
        with st.popover("Name", key=f"runs_name_{times}", disabled=fixed or not one, help=_ONE_ROW):
            if one:
                _naming(lab, one)
        exports = one is not None and bool(one.readable)
        with st.popover("Export", key="runs_take", disabled=not exports, help=_ONE_ROW):
            if one and exports:
                take_away(lab, one.id, one.title, one.readable, f"runs_{one.id}")
        _stopping(lab, () if fixed else ticked)
        with st.popover("Delete", key="runs_delete", disabled=fixed or not ticked):
            if ticked:
                _deleting(lab, ticked)
        if ticked:
            clear = partial(_clear, ticked)
            st.button("Clear selection", key="runs_untick", type="tertiary", on_click=clear)
        else:
            st.markdown(small("Select rows to work with them."))


def _clear(ticked: Sequence[Group]) -> None:
    tick(())
    for key in (_NET + run.id for group in ticked for run in group.readable):
        st.session_state[key] = True


_ONE_ROW = "Select one row."


def _opening(ticked: Sequence[Group]) -> None:
    """Opens a race, or nets of several on one page."""
    runs = [run for group in ticked for run in group.readable]
    chosen = [run for run in runs if st.session_state.get(_NET + run.id, True)]
    whole = ticked[0] if len(ticked) == 1 and len(chosen) == len(runs) else None
    too_many = len(chosen) > MOST_TOGETHER and not whole
    label = f"Open {count(len(chosen), 'net')}{' together' if len(chosen) > 1 else ''}"
    if st.button(
        "Open" if whole or not ticked else label,
        key="runs_together",
        icon=":material/stacked_line_chart:",
        disabled=too_many or not (chosen or (whole and whole.is_known)),
        help=f"Shows the nets on one page, step by step: at most {MOST_TOGETHER}, also of "
        "different races.",
    ):
        together = {"runs": ",".join(run.id for run in chosen)}
        st.switch_page("pages/race.py", query_params=whole.link if whole else together)
    with st.popover("Nets", key="runs_nets", disabled=len(runs) < 2, help="Choose which to open."):
        has_seeds = len({run.seed for run in runs}) > 1
        for group in ticked if len(runs) > 1 else ():
            st.markdown(f"**{plain(group.title)}**")
            for run, name in zip(group.readable, _names(group, has_seeds=has_seeds), strict=True):
                key = _NET + run.id
                st.session_state.setdefault(key, True)
                st.checkbox(plain(name), key=key, persist_state="session")
    if too_many:
        st.markdown(
            small(f"{len(chosen)} nets are selected. At most {MOST_TOGETHER} fit together.")
        )


def _names(group: Group, *, has_seeds: bool) -> Sequence[str]:
    names = [paper_name(run.name) for run in group.readable]
    seeds = [f", seed {run.seed}" if has_seeds else "" for run in group.readable]
    return [f"{name}{seed}" for name, seed in zip(names, seeds, strict=True)]


def _stopping(lab: Lab, ticked: Sequence[Group]) -> None:
    """For what is under way, and trains in processes of ours."""
    active = [group for group in ticked if is_stoppable(group)]
    if st.button("Stop training", key="runs_stop", disabled=not active):
        do(lambda: stop(lab, active))
        st.rerun()


def is_stoppable(group: Group) -> bool:
    """Whether it is under way, and trains in processes of ours."""
    return not group.is_over and not any(run.is_watched for run in group.readable)


def stop(lab: Lab, groups: Sequence[Group]) -> str:
    """Stop these races; a sentence that says so."""
    for group in groups:
        lab.stop(group.id)
    return f"Stopped {and_words([group.title for group in groups])}. The measurements are kept."


def _naming(lab: Lab, group: Group) -> None:
    key = group.id
    with st.form(f"runs_form_{key}", border=False, enter_to_submit=True):
        name = st.text_input(
            "Name", value=group.title, max_chars=MOST_CHARACTERS, key=f"runs_text_{key}"
        )
        note = st.text_area(
            "Note", value=group.note, max_chars=MOST_OF_A_NOTE, height=100, key=f"runs_note_{key}"
        )
        is_saved = st.form_submit_button("Save", key=f"runs_keep_{key}", type="primary")
    if not is_saved:
        return

    def save() -> str:
        if name != group.title:
            lab.rename(group.id, name)
        lab.note(group.id, note)
        st.session_state[_KEPT] = st.session_state.get(_KEPT, 0) + 1
        return f"Saved {name}."

    do(save)
    st.rerun()


def _deleting(lab: Lab, ticked: Sequence[Group]) -> None:
    """Says what will be gone, and asks."""
    if not all(group.is_over for group in ticked):
        st.markdown("Still training. Stop it first.")
        return
    nets = count(sum(len(group.runs) for group in ticked), "net")
    size = byte_size(sum(group.bytes for group in ticked))
    st.markdown(f"Permanently delete {nets} and all measurements ({size})?")
    what = "race" if len(ticked) == 1 else f"{len(ticked)} races"
    if st.button(f"Delete {what}", key="runs_gone", type="primary"):

        def delete() -> str:
            for group in ticked:
                lab.delete(group.id)
            return f"Deleted {and_words([group.title for group in ticked])}: {nets}, {size}."

        do(delete)
        tick(())
        st.rerun()


def do(action: Callable[[], str]) -> None:
    """Do it, and keep for the next run of the page what was done, or why not."""
    try:
        st.session_state[DONE] = action()
    except (StoreError, ValueError) as error:
        st.session_state[REFUSED] = f"{capital(str(error))}."
