"""The Race page: settings, the buttons that begin and end a race, and the race itself."""

from __future__ import annotations

import streamlit as st

from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.store import StoreError
from resnet_viz.ui.common import say
from resnet_viz.ui.common.lab_state import open_lab
from resnet_viz.ui.race import settings as race_settings
from resnet_viz.ui.race.live import live_race, preview
from resnet_viz.ui.race.memory import fits_or_says_so
from resnet_viz.ui.race.results import results
from resnet_viz.ui.race.state import Seen, close_race, current_race, look, open_race

Pair = tuple[RunSpec, RunSpec]

INVITATION = (
    "Press **Start race**: two processes train these nets on the same minibatches, and the "
    "pictures below fill with what is measured, layer by layer and step by step."
)


def race_page() -> None:
    """Draws the page."""
    choice, button = race_settings.settings()
    pair, problem = race_settings.check(choice)
    try:
        lab = open_lab()
    except StoreError as error:
        say.error(f"{error} Until then no race can be started or shown.")
        return
    if lab.notice:
        say.warning(lab.notice)
    seen = _look(lab)
    if pair is None:
        say.error(problem)
    else:
        st.markdown(race_settings.comparison(*pair))
    is_idle = seen is None or seen.is_over
    startable = pair if pair is None or not is_idle or fits_or_says_so(pair) else None
    with button:
        _main_button(lab, startable, seen)
    _body(lab, _last_good(pair), seen)


def _look(lab: Lab) -> Seen | None:
    """The race of the URL or of this session, if there is one."""
    race_id = current_race()
    if race_id is None:
        return None
    try:
        return look(lab, race_id)
    except ValueError as error:
        close_race()
        say.warning(f"The link's race cannot be shown: {error}. You can start a new one here.")
        return None


def _main_button(lab: Lab, pair: Pair | None, seen: Seen | None) -> None:
    if seen is None or seen.is_over:
        _start_button(lab, pair)
    else:
        _stop_button(lab, seen)


def _start_button(lab: Lab, pair: Pair | None) -> None:
    pressed = st.button(
        "Start race", type="primary", width="stretch", disabled=pair is None, key="race_start"
    )
    if pressed and pair is not None:
        try:
            open_race(lab.race(pair))
        except (StoreError, ValueError) as error:
            say.error(f"The race was not started: {error}")
            return
        st.rerun()


def _stop_button(lab: Lab, seen: Seen) -> None:
    if st.button("Stop training", type="primary", width="stretch", key="race_stop"):
        try:
            lab.stop(seen.race_id)
        except (StoreError, ValueError) as error:
            say.error(f"The race was not stopped: {error}")
            return
        st.rerun()


def _last_good(pair: Pair | None) -> Pair | None:
    """`pair`, or the last one that could run: the view stays while a setting is wrong."""
    if pair is not None:
        st.session_state["race_pair"] = pair
    return st.session_state.get("race_pair")


def _body(lab: Lab, pair: Pair | None, seen: Seen | None) -> None:
    if seen is not None:
        live_race(lab, seen)
        if seen.is_over:
            results(seen)
    elif pair is not None:
        say.info(INVITATION, markdown=True)
        preview(pair)
