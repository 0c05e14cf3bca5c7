"""One sweep: its progress, its controls, its picture, what it shows in words, its table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from resnet_viz.findings.sweeps import sweep_words
from resnet_viz.findings.sweeps.grid import REFUSED, grid_of, size_words
from resnet_viz.findings.sweeps.records import SweepRecords
from resnet_viz.findings.sweeps.sweep_claims import SweepClaims, sweep_claims
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import OVER, Cell, Sweep
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.text import count
from resnet_viz.ui.pages.sweeps.controls import controls
from resnet_viz.ui.pages.sweeps.pictures import CURVES, OPENS_ALL, OPENS_RACE, Seen, choose, picture
from resnet_viz.ui.pages.sweeps.sweep_access import may_steer
from resnet_viz.ui.pages.sweeps.sweep_table import refresh_seconds, sweep_table
from resnet_viz.ui.pages.sweeps.sweeps_url import look_at, write_link
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import header, note, title

LOOK_SECONDS = 1.0
MOST_TOGETHER = 12
_OPENED, _CLICK, _NOT_YET = "sweeps_opened", "sweeps_click", "sweeps_not_yet"
_OVER = ("finished", "stopped")


@st.cache_resource(show_spinner=False)
def _records(_lab: Lab, home: str) -> SweepRecords:
    return SweepRecords(_lab)


def go_to_races() -> None:
    """Go to the Race page, if a cell was just clicked."""
    if query := st.session_state.pop(_OPENED, None):
        st.switch_page("pages/race.py", query_params=query)


def sweep_view(lab: Lab, sweep: Sweep) -> None:
    """Draw the sweep; while it is under way, it fills in once a second."""
    with st.container(key="sweeps_top"):
        st.button(
            "All sweeps",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=look_at,
            args=("",),
        )
        title(sweep.name)
        note(plain(size_words(sweep.spec)))
    controls(lab, sweep, may_steer=may_steer(lab, sweep.id))
    records = _records(lab, str(lab.home))
    is_still = sweep.status in _OVER and not records.of(sweep.cells)[1]
    every = None if is_still else refresh_seconds(LOOK_SECONDS, sweep)
    st.fragment(_filling, run_every=every)(lab, sweep.id, sweep.status, is_still)
    sweep_table(lab, sweep)


def _filling(lab: Lab, sweep_id: str, before: str, is_still: bool) -> None:
    """What changes while the sweep goes on, or, unless `is_still`, while its records are read."""
    try:
        sweep = lab.get_sweep(sweep_id)
    except (ValueError, StoreError) as error:
        message_box.error(f"The sweep cannot be read: {error}")
        return
    if sweep.status != before:
        st.rerun()
    _progress(sweep)
    grid = grid_of(sweep.cells)
    if not grid.axes:
        write_link()
        _lonely(sweep)
        return
    records = _records(lab, str(lab.home))
    choice = choose(grid)
    histories, left = records.of(sweep.cells, live=choice.picture == CURVES)
    version: Hashable = hash(
        (sweep.id, left, tuple((cell.number, cell.status, cell.run_id) for cell in sweep.cells))
    )
    if choice.picture == CURVES:
        version = version, sum(cell.steps_done for cell in sweep.cells)
    chart, words = st.columns([7, 4], gap="medium")
    with chart:

        def clicked(number: int) -> None:
            _open(sweep.cells, sweep.cells[number], choice.x)

        picture(Seen(grid, histories, records, version), choice, clicked)
        _click_choice()
    with words:
        claims = records.made((version, "claims"), lambda: sweep_claims(grid, histories))
        _say(claims, grid.seeds, sweep_words.reused_words(sweep, grid.seeds))
        if left:
            st.markdown(small(f"Still reading the records of {count(left, 'run')}."))
    _refused(sweep.cells)
    if sweep.status in _OVER and not left and not is_still:
        st.rerun()  # without a timer


def _say(claims: SweepClaims, seeds: int, caution: str) -> None:
    """What the sweep shows in words."""
    st.markdown(f"**{plain(sweep_words.headline(claims))}**")
    for one in claims.axes:
        header(sweep_words.title_of(one.axis))
        for sentence in sweep_words.sentences(one, seeds):
            st.markdown(plain(sentence))
    if caution:
        st.markdown(small(plain(caution)))


def _lonely(sweep: Sweep) -> None:
    """A sweep whose axes have one value each has no picture."""
    message_box.info("No axis has more than one value, so there is nothing to compare.")
    for cell in sweep.cells[:MOST_TOGETHER]:
        st.markdown(small(f"seed {cell.values['seed']}: {cell.status}"))


def _progress(sweep: Sweep) -> None:
    """A bar with how many cells are done, and how long the rest takes."""
    cells = [cell for cell in sweep.cells if cell.status != REFUSED]
    done = sum(cell.status in OVER for cell in cells)
    states = {
        "running": "Training",
        "paused": "Paused",
        "stopped": "Stopped",
        "finished": "Finished",
    }
    words = f"{states[sweep.status]}: {done:,} of {count(len(cells), 'run')} done"
    if sweep.status == "running" and sweep.seconds_left is not None:
        words += f", {about(sweep.seconds_left)} left"
    st.progress(done / max(1, len(cells)), text=words)


def _click_choice() -> None:
    st.session_state.setdefault(_CLICK, OPENS_RACE)
    st.segmented_control(
        "A click on a run opens",
        [OPENS_RACE, OPENS_ALL],
        key=_CLICK,
        required=True,
        persist_state="session",
        help="Its race: this run alone. All nets beside it: those with the same value on the "
        "horizontal axis and the same seed, together.",
    )
    if said := st.session_state.pop(_NOT_YET, ""):
        message_box.info(said)


def _same(one: Cell, other: Cell, name: str) -> bool:
    return repr(one.values[name]) == repr(other.values[name])


def _open(cells: Sequence[Cell], cell: Cell, x: str) -> None:
    """Go to the Race page with the clicked run, or with those beside it."""
    chosen = [cell]
    if st.session_state.get(_CLICK) == OPENS_ALL:
        chosen = [one for one in cells if _same(one, cell, x) and _same(one, cell, "seed")]
    ids = [one.run_id for one in chosen if one.run_id is not None][:MOST_TOGETHER]
    if not ids:
        st.session_state[_NOT_YET] = "This run has not started yet."
        return
    together = {"race": ids[0]} if len(ids) == 1 else {"runs": ",".join(ids)}
    st.session_state[_OPENED] = together
    st.rerun()


def _refused(cells: Sequence[Cell]) -> None:
    """Which combinations are no run, and why."""
    refused = [cell for cell in cells if cell.status == REFUSED]
    if not refused:
        return
    reasons = dict.fromkeys(cell.message for cell in refused)
    st.markdown(
        small(
            f"{count(len(refused), 'combination')} cannot be trained: "
            f"{plain('; '.join(list(reasons)[:5]))}"
        )
    )
