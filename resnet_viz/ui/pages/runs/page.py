"""Runs page: all races and runs, as a table."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from resnet_viz.data.registry import offered
from resnet_viz.findings.digest import Digest
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_file.import_folder import import_folder
from resnet_viz.lab.sweeps import SweepSummary
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import DeletedRunError, UnreadableRun
from resnet_viz.text import byte_size, count
from resnet_viz.ui.pages.runs import sweep_rows
from resnet_viz.ui.pages.runs.actions import DONE, REFUSED, actions, do, stop
from resnet_viz.ui.pages.runs.cells import accuracy, outcome, row_of
from resnet_viz.ui.pages.runs.digests import Digests, Reading, digests
from resnet_viz.ui.pages.runs.groups import OUTCOMES, Group, groups, matching
from resnet_viz.ui.pages.runs.race_table import order, race_table, ticked
from resnet_viz.ui.pages.runs.runs_url import DATA, FIND, STATUS, read_link, write_link
from resnet_viz.ui.session.access import HOW_TO_OWN, held_races, is_owner
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import title

ON_A_PAGE = 40
LOOK_SECONDS = 1.0
_PAGE, _SEEN, _OPENED = "runs_page", "runs_seen", "runs_opened"
_SAID, _LOOKED, _LEFT = "runs_said_last", "runs_looked", "runs_left"
_SWEPT = "runs_swept"
_STYLE = """<style>
.st-key-runs_top .stHtml > h1 {padding: 0}
.st-key-runs_top > [data-testid="stElementContainer"]:has(input) {flex: 1 1 9rem}
</style>"""


def runs_page() -> None:
    """Draw the page."""
    read_link()
    st.html(_STYLE)
    try:
        lab = open_lab()
        all_groups = _all(lab)
    except StoreError as error:
        title("Runs")
        message_box.error(f"{error} Until then no runs can be listed.")
        return
    sweeps = _sweeps(lab)
    _open(all_groups, sweeps)
    if lab.notice:
        message_box.warning(lab.notice)
    if not all_groups and not sweeps:
        title("Runs")
        write_link()
        _done()
        _invite()
    else:
        try:
            _list(lab, all_groups, sweeps)
        except DeletedRunError:  # while it was drawn: the next list is without it
            st.rerun()
    _bring_in(lab)
    _watch(lab)


def _all(lab: Lab) -> Sequence[Group]:
    """What this visitor may see: all, or what they have the controls of."""
    runs = lab.everything()
    st.session_state[_SEEN] = hash(tuple(runs))
    if not _sees_all():
        held = held_races(lab)
        runs = [run for run in runs if run.race_id in held]
    return groups(runs, lab.race_names(), lab.notes())


def _sweeps(lab: Lab) -> Sequence[SweepSummary]:
    """The sweeps that this visitor may see."""
    sweeps = lab.sweeps()
    st.session_state[_SWEPT] = hash(repr(sweeps))
    held = None if _sees_all() else held_races(lab)
    return [sweep for sweep in sweeps if held is None or sweep.id in held]


def _sees_all() -> bool:
    return is_gallery() or is_owner()


def _open(all_groups: Sequence[Group], sweeps: Sequence[SweepSummary]) -> None:
    """Goes to the race, or sweep, whose link was pressed."""
    asked = st.session_state.pop(_OPENED, None)
    for sweep in sweeps:
        if sweep.id == asked:
            st.switch_page("pages/sweeps.py", query_params=sweep_rows.link_of(sweep))
    for group in all_groups:
        if group.id == asked:
            st.switch_page("pages/race.py", query_params=group.link)


def _list(lab: Lab, all_groups: Sequence[Group], sweeps: Sequence[SweepSummary]) -> None:
    known = digests(lab, str(lab.home))
    shown = _found(lab, known, all_groups)
    _done()
    actions(lab, [group for group in all_groups if group.id in set(ticked())])
    last_page = max(0, (len(shown) - 1) // ON_A_PAGE * ON_A_PAGE)
    begin = min(st.session_state.get(_PAGE, 0), last_page)
    on_page = shown[begin : begin + ON_A_PAGE]
    of_page = _digests(known, on_page)

    def press(kind: str, race_id: str) -> None:
        if kind == "open":
            st.session_state[_OPENED] = race_id
        else:
            do(lambda: stop(lab, [group for group in on_page if group.id == race_id]))

    rows = [row_of(group, of_page, time.time()) for group in on_page]
    race_table([*_rows_of_sweeps(sweeps, begin), *rows], press)
    for run in (run for group in on_page for run in group.runs):
        if isinstance(run, UnreadableRun):
            st.markdown(small(f"{plain(run.name)}: {plain(run.reason)}"))
    _pager(begin, shown, all_groups)


def _rows_of_sweeps(sweeps: Sequence[SweepSummary], begin: int) -> Sequence[Mapping[str, object]]:
    """Sweeps lead the table, on its first page, where nothing but a name is looked for."""
    if begin or st.session_state.get(STATUS) or st.session_state.get(DATA):
        return ()
    found = sweep_rows.matching(sweeps, st.session_state.get(FIND) or "")
    return [sweep_rows.row_of(sweep) for sweep in found]


def _found(lab: Lab, known: Digests, all_groups: Sequence[Group]) -> Sequence[Group]:
    """The races that are looked for, sorted."""
    with st.container(horizontal=True, vertical_alignment="center", key="runs_top"):
        title("Runs")
        text = st.text_input(
            "Find",
            key=FIND,
            placeholder="Find a name, note or id",
            label_visibility="collapsed",
            persist_state="session",
        )
        outcomes = st.multiselect(
            "Outcome",
            OUTCOMES,
            key=STATUS,
            placeholder="Any outcome",
            label_visibility="collapsed",
            persist_state="session",
        )
        data = st.selectbox(
            "Data",
            ["", *offered()],
            key=DATA,
            format_func=lambda name: name or "Any data",
            label_visibility="collapsed",
            persist_state="session",
        )
    write_link()
    reading = Reading(known)
    found = list(
        matching(
            all_groups,
            text,
            outcomes,
            lab.datasets() if data else None,
            data,
            has_diverged=lambda run: reading.of(run).diverged is not None,
        )
    )
    in_order = _sorted(reading, found)
    st.session_state[_LEFT] = reading.left
    return in_order


def _sorted(known: Reading, found: Sequence[Group]) -> Sequence[Group]:
    by, falls = order()
    now = time.time()
    if by in ("accuracy", "outcome"):
        digested = _digests(known, found)
        if by == "accuracy":
            return sorted(found, key=lambda group: accuracy(group, digested), reverse=falls)
        return sorted(found, key=lambda group: outcome(group, digested), reverse=falls)
    if by == "title":
        return sorted(found, key=lambda group: group.title.casefold(), reverse=falls)
    if by == "duration":
        return sorted(found, key=lambda group: group.seconds(now) or 0.0, reverse=falls)
    return found if falls else found[::-1]


def _digests(known: Digests | Reading, shown: Sequence[Group]) -> Mapping[str, Digest]:
    return {run.id: known.of(run) for group in shown for run in group.readable}


def _pager(begin: int, shown: Sequence[Group], all_groups: Sequence[Group]) -> None:
    """What is listed, of how many, and the way to the rest."""
    runs = sum(len(group.runs) for group in shown)
    of = f" of {len(all_groups):,}" if len(shown) < len(all_groups) else ""
    rows = f"Races: {len(shown):,}{of}, with {count(runs, 'net')}"
    size = byte_size(sum(group.bytes for group in shown))
    left = st.session_state.get(_LEFT, 0)
    reads = f" Still reading the results of {count(left, 'net')}." if left else ""
    held = f" Only races that this browser controls are listed. {HOW_TO_OWN}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(shown) > ON_A_PAGE:
            for label, to in (("Previous", begin - ON_A_PAGE), ("Next", begin + ON_A_PAGE)):
                st.button(
                    label,
                    key=f"runs_{label}",
                    disabled=not 0 <= to < len(shown),
                    on_click=st.session_state.__setitem__,
                    args=(_PAGE, to),
                )
            end = min(begin + ON_A_PAGE, len(shown))
            st.markdown(small(f"{begin + 1:,} to {end:,} of {len(shown):,}"), width="content")
        said = f"{rows}. Their size: {size}.{reads}{'' if _sees_all() else held}"
        st.markdown(small(plain(said)))


def _invite() -> None:
    if is_gallery():
        message_box.info("No runs yet. They appear here when this gallery's owner trains some.")
        return
    message_box.info(
        "No runs yet. Press **Start race** on the Race page, type "
        "`python -m resnet_viz race resnet20-cifar plain20-cifar`, or record your own training "
        "loop with `Lab.watch`. Runs appear here as soon as they start.",
        markdown=True,
    )
    st.page_link("pages/race.py", label="To the Race page", icon=":material/flag:")


def _bring_in(lab: Lab) -> None:
    """A race that was exported, here or elsewhere."""
    if is_gallery():
        return
    with st.expander("Import a race", icon=":material/upload_file:", key="runs_bring"):
        file = st.file_uploader(
            "A race file that was exported on this computer or another one", key="runs_file"
        )
        if file is None or not st.button("Import", key="runs_import"):
            return
        with import_folder(lab.home) as folder:
            copy = folder / "race.sqlite3"
            copy.write_bytes(file.getbuffer())
            try:
                race_id = lab.import_(copy)
            except (StoreError, ValueError) as error:
                sentence = str(error).replace(repr(str(copy)), repr(file.name))
                message_box.error(f"Nothing was imported: {sentence}.")
                return
    st.switch_page("pages/race.py", query_params={"race": race_id})


def _done() -> None:
    """What the last press did, until the next one."""
    said = [st.session_state.pop(name, "") for name in (DONE, REFUSED)]
    if st.session_state.pop(_LOOKED, False) and not any(said):
        said = st.session_state.get(_SAID, said)
    st.session_state[_SAID] = said
    with st.container(key="runs_said"):  # always there: what follows keeps its place
        for sentence, box in zip(said, (message_box.success, message_box.error), strict=True):
            if sentence:
                box(sentence)


@st.fragment(run_every=LOOK_SECONDS)
def _watch(lab: Lab) -> None:
    """Draws the page anew when a run has changed, and leaves it alone otherwise."""
    try:
        runs, sweeps = lab.everything(), lab.sweeps()
    except StoreError:
        return  # the page says so when it is drawn
    is_news = hash(tuple(runs)) != st.session_state.get(_SEEN)
    is_news = is_news or hash(repr(sweeps)) != st.session_state.get(_SWEPT)
    if is_news or st.session_state.get(_LEFT):
        st.session_state[_LOOKED] = True
        st.rerun()
