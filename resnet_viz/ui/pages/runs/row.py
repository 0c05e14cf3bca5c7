"""Row of the Runs page: one race, or one run, to open, name, note, export, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.store.notes import MOST_CHARACTERS, MOST_OF_A_NOTE
from resnet_viz.store.run import Run
from resnet_viz.text import byte_size
from resnet_viz.ui.pages.runs.groups import Group, run_line
from resnet_viz.ui.widgets.downloads import take_away
from resnet_viz.ui.widgets.markdown import plain, small

_TICK, _KEPT = "runs_tick_", "runs_kept_"


def row(lab: Lab, group: Group) -> None:
    """Draw the row: title and actions, nets to tick, the note."""
    with st.container(border=True, key=f"runs_row_{group.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width="stretch", key=f"runs_title_{group.id}"):
                st.markdown(f"**{plain(group.title)}**  \n{small(plain(group.detail))}")
            _buttons(lab, group)
        if group.note:
            st.markdown("\n\n".join(plain(line) for line in group.note.splitlines()))
        has_seeds = len({run.seed for run in group.readable}) > 1
        with st.container(horizontal=True, gap="small"):
            for run in group.runs:
                line = plain(run_line(run, has_seeds=has_seeds))
                if isinstance(run, Run):
                    st.checkbox(line, key=_TICK + run.id, persist_state="session")
                else:
                    st.markdown(f"{line}. {plain(run.reason)}")


def chosen(groups: Sequence[Group]) -> Sequence[str]:
    """The ids of the ticked runs, in the list's order."""
    # Asked the other way round: of thousands of runs few were ever on the page.
    ticked = {key for key in map(str, st.session_state) if key.startswith(_TICK)}
    runs = (run.id for group in groups for run in group.runs if _TICK + run.id in ticked)
    return [run_id for run_id in runs if st.session_state[_TICK + run_id]]


def forget_chosen(groups: Sequence[Group]) -> None:
    """Untick all runs."""
    for run_id in chosen(groups):
        st.session_state[_TICK + run_id] = False


def _buttons(lab: Lab, group: Group) -> None:
    key, name = group.id, group.title
    query = {"race": group.id} if group.is_race else {"runs": ",".join(group.ids)}
    is_known = group.readable or any(run.status for run in group.runs)
    if st.button(
        "Show", key=f"runs_open_{key}", disabled=not is_known, help=plain(f"Show {name}.")
    ):
        st.switch_page("pages/race.py", query_params=query)
    # Another key after each Keep: the box that was open is gone, and this one is closed.
    times = st.session_state.get(_KEPT + key, 0)
    about = plain(f"Name {name}, or keep a note.")
    with st.popover("Name", key=f"runs_name_{key}_{times}", help=about):
        _naming(lab, group)
    if group.readable:
        with st.popover("Take away", key=f"runs_take_{key}", help=plain(f"{name} as a file.")):
            take_away(lab, group.id, name, group.readable, f"runs_{key}")
    _stop_button(lab, group)
    with st.popover("Delete", key=f"runs_delete_{key}", help=plain(f"Delete {name}.")):
        _deleting(lab, group)


def _stop_button(lab: Lab, group: Group) -> None:
    """For what is under way, and trains in processes of ours."""
    if group.is_over or any(run.is_watched for run in group.readable):
        return
    name = group.title
    if st.button("Stop training", key=f"runs_stop_{group.id}", help=plain(f"Stop {name}.")):

        def stop() -> str:
            lab.stop(group.id)
            return f"{name} was stopped. What it measured stays."

        _do(stop)


def _naming(lab: Lab, group: Group) -> None:
    key = group.id
    name = st.text_input(
        "Name", value=group.title, max_chars=MOST_CHARACTERS, key=f"runs_text_{key}"
    )
    note = st.text_area(
        "Note", value=group.note, max_chars=MOST_OF_A_NOTE, height=100, key=f"runs_note_{key}"
    )
    if st.button("Keep", key=f"runs_keep_{key}", type="primary"):

        def keep() -> str:
            if name != group.title:
                lab.rename(group.id, name)
            lab.note(group.id, note)
            st.session_state[_KEPT + key] = st.session_state.get(_KEPT + key, 0) + 1
            return f"{name}: kept."

        _do(keep)


def _deleting(lab: Lab, group: Group) -> None:
    """Says what will be gone, and asks."""
    if not group.is_over:
        st.markdown("It is under way. Stop it first.")
        return
    many = len(group.runs)
    nets = f"{many} nets" if many > 1 else "one net"
    size = byte_size(sum(run.bytes for run in group.runs))
    st.markdown(
        f"Deletes {nets} with all that they measured ({size}). Nothing brings them back."
        if many > 1
        else f"Deletes this net with all that it measured ({size}). Nothing brings it back."
    )
    if st.button("Delete for good", key=f"runs_gone_{group.id}", type="primary"):

        def delete() -> str:
            lab.delete(group.id)
            return f"{group.title} was deleted: {nets}, {size}."

        _do(delete)


def _do(action: Callable[[], str]) -> None:
    """Does it, and draws the page anew with what was done, or why not."""
    try:
        st.session_state["runs_done"] = action()
    except (StoreError, ValueError) as error:
        st.session_state["runs_refused"] = f"{str(error)[:1].upper()}{str(error)[1:]}."
    st.rerun()
