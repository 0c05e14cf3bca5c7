"""Runs page: all that was trained or watched, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from resnet_viz.data.registry import offered
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file.import_folder import import_folder
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import DeletedRunError
from resnet_viz.text import byte_size
from resnet_viz.ui.pages.runs.groups import STATUSES, Group, groups, matching
from resnet_viz.ui.pages.runs.row import chosen, forget_chosen, row
from resnet_viz.ui.session.access import HOW_TO_OWN, held_races, is_owner
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import title

ON_A_PAGE = 20
LOOK_SECONDS = 1.0
MOST_TOGETHER = 12
_PAGE, _SEEN = "runs_page", "runs_seen"
_CSS = Path(__file__).with_name("runs.css")


def runs_page() -> None:
    """Draw the page."""
    st.html(_CSS)
    title("Runs")
    try:
        lab = open_lab()
        all_groups = _all(lab)
    except StoreError as error:
        message_box.error(f"{error} Until then no runs can be listed.")
        return
    if lab.notice:
        message_box.warning(lab.notice)
    _done()
    if not all_groups:
        _invite()
    else:
        try:
            _list(lab, all_groups)
        except DeletedRunError:  # while it was drawn: the next list is without it
            st.rerun()
    _bring_in(lab)
    _watch(lab)


def _all(lab: Lab) -> Sequence[Group]:
    """What this visitor may see: the owner all, others what they have the controls of."""
    runs = lab.everything()
    st.session_state[_SEEN] = hash(tuple(runs))
    if not is_owner():
        held = held_races(lab)
        runs = [run for run in runs if run.race_id in held]
    return groups(runs, lab.race_names(), lab.notes())


def _list(lab: Lab, all_groups: Sequence[Group]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_filter"):
        text = st.text_input(
            "Find", key="runs_find", placeholder="a name, a note or an id", persist_state="session"
        )
        statuses = st.multiselect("Status", STATUSES, key="runs_status", persist_state="session")
        data = st.selectbox(
            "Data",
            ["", *offered()],
            key="runs_data",
            format_func=lambda name: name or "any",
            persist_state="session",
        )
    known = lab.datasets() if data else None
    shown = list(matching(all_groups, text, statuses, known, data))
    runs = sum(len(group.runs) for group in shown)
    size = byte_size(sum(run.bytes for group in shown for run in group.runs))
    total = sum(len(group.runs) for group in all_groups)
    of = f" of {total:,}" if len(shown) < len(all_groups) else ""
    held = f" Only those that this browser has the controls of are listed. {HOW_TO_OWN}"
    whose = "" if is_owner() else held
    st.markdown(small(plain(f"Nets: {runs:,}{of}. Size: {size}.{whose}")))
    _together(all_groups)
    last_page = max(0, (len(shown) - 1) // ON_A_PAGE * ON_A_PAGE)
    begin = min(st.session_state.get(_PAGE, 0), last_page)
    for group in shown[begin : begin + ON_A_PAGE]:
        row(lab, group)
    _pager(begin, len(shown))


def _together(all_groups: Sequence[Group]) -> None:
    """Opens the nets that are ticked on one page."""
    ids = chosen(all_groups)
    with st.container(horizontal=True, vertical_alignment="center"):
        too_many = len(ids) > MOST_TOGETHER
        if st.button(
            f"Open {len(ids)} together" if ids else "Open together",
            key="runs_together",
            icon=":material/stacked_line_chart:",
            disabled=len(ids) < 2 or too_many,
            help=f"Tick 2 to {MOST_TOGETHER} nets, of different races if you like: their curves "
            "on one page, joined by step.",
        ):
            st.switch_page("pages/race.py", query_params={"runs": ",".join(ids)})
        if ids:
            st.button("Untick all", key="runs_untick", on_click=forget_chosen, args=(all_groups,))
        if too_many:
            st.markdown(small(f"{len(ids)} are ticked; at most {MOST_TOGETHER} go together."))


def _pager(begin: int, count: int) -> None:
    if count <= ON_A_PAGE:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for title, to in (("Newer", begin - ON_A_PAGE), ("Older", begin + ON_A_PAGE)):
            st.button(
                title,
                key=f"runs_{title}",
                disabled=not 0 <= to < count,
                on_click=st.session_state.__setitem__,
                args=(_PAGE, to),
            )
        end = min(begin + ON_A_PAGE, count)
        st.markdown(f"{begin + 1:,} to {end:,} of {count:,}")


def _invite() -> None:
    message_box.info(
        "Nothing was trained or watched yet. Press **Start race** on the Race page, type "
        "`python -m resnet_viz race resnet20-cifar plain20-cifar`, or record a loop of your own "
        "with `Lab.watch`: it stands here from its first step on.",
        markdown=True,
    )
    st.page_link("pages/race.py", label="To the Race page", icon=":material/flag:")


def _bring_in(lab: Lab) -> None:
    """A race that was exported, here or elsewhere."""
    with st.expander("Bring in a race", icon=":material/upload_file:", key="runs_bring"):
        file = st.file_uploader(
            "A file that was exported here or elsewhere (Take away, or runs export)",
            key="runs_file",
        )
        if file is None or not st.button("Bring it in", key="runs_import"):
            return
        with import_folder(lab.home) as folder:
            copy = folder / "race.sqlite3"
            copy.write_bytes(file.getbuffer())
            try:
                race_id = lab.import_(copy)
            except (StoreError, ValueError) as error:
                sentence = str(error).replace(repr(str(copy)), repr(file.name))
                message_box.error(f"Nothing was brought in: {sentence}.")
                return
    st.switch_page("pages/race.py", query_params={"race": race_id})


def _done() -> None:
    """What the last press did, once."""
    with st.container(key="runs_said"):  # always there: what follows keeps its place
        if sentence := st.session_state.pop("runs_done", ""):
            message_box.success(sentence)
        if sentence := st.session_state.pop("runs_refused", ""):
            message_box.error(sentence)


@st.fragment(run_every=LOOK_SECONDS)
def _watch(lab: Lab) -> None:
    """Draws the page anew when a run has changed, and leaves it alone otherwise."""
    try:
        runs = lab.everything()
    except StoreError:
        return  # the page says so when it is drawn
    if hash(tuple(runs)) != st.session_state.get(_SEEN):
        st.rerun()
