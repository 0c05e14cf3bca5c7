"""Race page: settings, the buttons that start and end a race, and the race itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import streamlit as st

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.components.kept_controls import keep_controls
from resnet_viz.ui.pages.race import view_url, words
from resnet_viz.ui.pages.race.again import again, begin, take_begun
from resnet_viz.ui.pages.race.diagnosis.diagnosis import diagnosis
from resnet_viz.ui.pages.race.live.controls import obey
from resnet_viz.ui.pages.race.live.live import presented, preview, race_charts, race_stage
from resnet_viz.ui.pages.race.measurement_jobs import take_up
from resnet_viz.ui.pages.race.race_access import links, steers
from resnet_viz.ui.pages.race.results import results
from resnet_viz.ui.pages.race.settings import contestants
from resnet_viz.ui.pages.race.settings.data_choice import download_offer, folder_check
from resnet_viz.ui.pages.race.settings.memory_check import fits_or_says_so
from resnet_viz.ui.pages.race.settings.settings import settings
from resnet_viz.ui.pages.race.settings_address import notice, read_address
from resnet_viz.ui.pages.race.state import RACE, RaceView, close_race, current_race, key_of, look
from resnet_viz.ui.pages.race.unreadable import unreadable_runs
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.public import GALLERY, INSTEAD, SENTENCES, is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import header, title

Chosen = Mapping[str, int | float | str | None]
WATCHES = (
    "You are watching. Another browser or a terminal started this race; its link with controls "
    "steers it."
)
_WHY_NOT = {
    False: "Possible once this race is over or stopped.",
    True: f"{SENTENCES[GALLERY]} {INSTEAD}",
}
_CSS = Path(__file__).with_name("page.css")


def race_page() -> None:
    """Draw the page: the race on show, or the settings of one to start."""
    st.html(_CSS)
    try:
        lab = open_lab()
        take_begun()
        view = _look(lab)
        may_steer = view is not None and steers(lab, view.race_id)
    except StoreError as error:
        _heading()
        message_box.error(f"{error} Until then no race can be started or shown.")
        return
    if lab.notice:
        message_box.warning(lab.notice)
    if view is None:
        with st.container():
            specs = _next_race(lab)
        if specs:
            preview(specs)
        return
    view_url.read_view(view.race_id, view.runs)
    read_address(view.race_id)
    if view_url.is_presented():
        presented(lab, view, may_steer=may_steer)
        return
    # One container, so that what follows keeps its place, by which Streamlit knows a fragment:
    # of another one it would drop the updates, and a press, that are under way.
    with st.container():
        _head(lab, view, may_steer=may_steer)
        if view_url.is_open(view_url.NEXT):
            with st.container(border=True):
                header("Next race")
                _settings(lab, can_start=view.is_over or not may_steer, beside=view.race_id)
    take_up(lab, view.race_id, view.runs)
    race_stage(lab, view, may_steer=may_steer)
    with st.container():  # so that what follows keeps its place
        if view.is_over:
            results(lab, view)
    race_charts(lab, view, may_steer=may_steer)
    diagnosis(lab, view, may_steer=may_steer)


def _next_race(lab: Lab) -> Sequence[RunSpec] | None:
    """What stands above the pictures while there is no race; the last settings that could run."""
    _heading()
    view_url.read_view("", ())
    read_address()
    if is_gallery():
        message_box.info(INSTEAD)
        st.page_link("pages/runs.py", label="To the Runs page", icon=":material/list:")
    return _settings(lab, can_start=True)


def _heading() -> None:
    with st.container(key="race_head"):
        title("Race")


def _look(lab: Lab) -> RaceView | None:
    """The race of the URL or of this session, if there is one."""
    race_id = current_race()
    if race_id is None:
        return None
    try:
        return look(lab, race_id)
    except ValueError as error:
        if unreadable_runs(lab, race_id):
            st.stop()
        close_race()
        can_start = "" if is_gallery() else " You can start a new one here."
        message_box.warning(f"The link's race cannot be shown: {error}.{can_start}")
        return None


def _head(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """What is raced and how, in one line, and what can be done about it."""
    row = st.container(horizontal=True, vertical_alignment="center", key="race_head")
    with row.container(gap=None, width="stretch", key="race_title"):
        _title(view, may_steer=may_steer)
    with row:
        if may_steer:
            keep_controls(lab, view.race_id, key_of(view.race_id))
        if may_steer and not view.is_over:
            _stop_button(lab, view)
        again(lab, view, may_steer=may_steer)
        opened = view_url.is_open(view_url.NEXT)
        st.button(
            "Fold away" if opened else "Next race",
            icon=":material/tune:",
            key="race_next",
            help="The settings of the next race.",
            on_click=view_url.unfold,
            args=(view_url.NEXT,),
            kwargs={"is_open": not opened},
        )
        st.button(
            "Present",
            icon=":material/present_to_all:",
            key="race_present",
            help="For a projector: large type, no settings. Left and right step, Space pauses, P "
            "leaves.",
            on_click=view_url.present,
            kwargs={"is_on": True},
        )
        links(lab, view.race_id, with_controls=may_steer)


def _title(view: RaceView, *, may_steer: bool) -> None:
    title(words.title(view.runs))
    difference = view.look.once("difference", lambda: _difference(view.runs))
    is_watched = any(run.is_watched for run in view.runs)  # which nobody can steer
    watches = "" if may_steer or view.is_over or is_watched else WATCHES
    lines = filter(None, (plain(words.training(view.runs)), difference, watches))
    st.markdown("  \n".join(map(small, lines)))


def _difference(runs: Sequence[Run]) -> str:
    """What differs between the nets, each looked at once whatever its seeds."""
    if any(run.is_watched for run in runs):
        return ""
    seeds: dict[RunSpec, set[int]] = {}
    for run in runs:
        seeds.setdefault(run.spec.model_copy(update={"seed": 0}), set()).add(run.seed)
    first, *others = seeds.values()
    shares = all(other == first for other in others)
    return contestants.difference(list(seeds), shares_seeds=shares)


def _settings(lab: Lab, *, can_start: bool, beside: str = "") -> Sequence[RunSpec] | None:
    """Draw what was wrong with the address, the widgets, what they stand for, and the button;
    returns the last settings that could run.

    They stay while a setting is wrong, so that the view does.
    """
    above = st.container()
    choice, place = settings(beside=beside)
    race, problem = contestants.check(choice)
    if race is None:
        message_box.error(problem)
        download_offer(choice.training["dataset"])
    else:
        specs = race.contestants
        is_chosen = choice.training["image_size"] is not None
        comparison = contestants.comparison(specs, is_size_chosen=is_chosen)
        st.markdown(comparison + _time(lab, race, choice.pace))
        st.session_state["race_specs"] = specs
        st.session_state["race_spec"] = race
        folder_check(specs[0].dataset)
    can_start = can_start and not is_gallery()
    is_ready = can_start and race is not None and fits_or_says_so(race.runs())
    with place:
        _start_button(lab, race if is_ready else None, choice.pace, can_start=can_start)
    if notice():  # which a change of a setting has just ended
        with above:
            message_box.error(notice())
    last: Sequence[RunSpec] | None = st.session_state.get("race_specs")
    return last


def _time(lab: Lab, race: RaceSpec, pace: float | None) -> str:
    """How long the race will take, where that is known."""
    with suppress(StoreError):  # whoever presses Start is told
        if seconds := lab.expected_seconds(race.runs(), pace):
            return f" Takes {about(seconds)} on this computer."
    return ""


def _start_button(lab: Lab, race: RaceSpec | None, pace: float | None, *, can_start: bool) -> None:
    pressed = st.button(
        "Start race",
        type="primary",
        width="stretch",
        disabled=race is None,
        help=None if can_start else _WHY_NOT[is_gallery()],
        key="race_start",
        on_click=_start_at_once,
        args=(lab, race, pace, _chosen()),
    )
    if not pressed or race is None:
        return
    try:
        begin(lab, race, pace)
    except (StoreError, ValueError) as error:
        message_box.error(f"The race was not started: {error}")
        return
    st.rerun()


def _start_at_once(lab: Lab, race: RaceSpec | None, pace: float | None, chosen: Chosen) -> None:
    """Before the settings are drawn again, for nobody to wait for.

    Where one was changed at the same moment, or this fails, they are, and the page says so. Pressed
    twice, the button begins one race: the second press finds another on show.
    """
    if race is not None and chosen.items() <= _chosen().items():
        with suppress(StoreError, ValueError):
            begin(lab, race, pace)


def _chosen() -> Chosen:
    """What the page's widgets say that have been drawn, and which race is on show."""
    kinds = (int, float, str, type(None))
    values = {
        str(key): value for key, value in st.session_state.items() if isinstance(value, kinds)
    }
    drawn = {key: values[key] for key in values if key.startswith("race_") and key != "race_start"}
    return {RACE: None} | drawn


def _stop_button(lab: Lab, view: RaceView) -> None:
    if st.button("Stop training", type="primary", key="race_stop"):
        obey(lab, "Stop training", lab.stop, view)
        if not view.refusal:
            st.rerun()
