"""State of the Race page: which race a session shows, and what it last read of it.

The race's id is the only key to it: it is in the URL, so that a link opens the race elsewhere,
and in the session, because Streamlit drops the URL's query when the page is switched. Runs of
several races that are looked at together (`?runs=a,b`) go by "runs=a,b" here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed, Look
from resnet_viz.store.run import Run
from resnet_viz.ui.session.history import is_by_history, is_switched

RACE = "race_id"
"""The session's key for the race that it looks at."""
WRITTEN = "race_view_said"
"""The session's key for what `view.write_view` last put into the URL."""
PUT_BACK = "race_put_back"
"""The session's key for the race, or "" for settings, last put into the empty URL of a switch of
pages: the browser's history has that before the one it became, and Back is to pass it by."""
_SEEN = "race_seen"
_RUNS = "runs"
MOST_TOGETHER = 12
"""Runs of several races that are shown on one page."""


@dataclass
class RaceView:
    """The view of a race in this session: what it last read of it stays, even if the store does
    not."""

    race_id: str
    look: Look = field(default_factory=Look)
    feed: Feed | None = field(default=None, repr=False)
    refusal: str = ""
    """Why the last press of a steering button did nothing: it stays until it is dismissed."""

    @property
    def runs(self) -> Sequence[Run]:
        """The nets of the race, in order."""
        return self.look.runs

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.look.is_over


def key_of(race_id: str) -> str:
    """A race's part of a component's key: an id may hold "__", which such a key must not."""
    return sha256(race_id.encode()).hexdigest()[:16]


def current_race() -> str | None:
    """The race of the URL, else the session's own, which is then written into the URL.

    None where Back led from it to the settings it was begun with.
    """
    together = st.query_params.get(_RUNS)
    linked = f"{_RUNS}={together}" if together else st.query_params.get("race")
    if linked:
        st.session_state[RACE] = linked
    elif own := st.session_state.get(RACE):
        is_empty = not st.query_params.to_dict()
        if is_by_history() and not (is_empty and st.session_state.get(PUT_BACK) == own):
            close_race()
            return None
        if is_empty and is_switched():
            st.session_state[PUT_BACK] = own
        st.query_params.from_dict(address_of(own))
        st.session_state.pop(WRITTEN, None)
    return st.session_state.get(RACE)


def is_led(race_id: str) -> bool:
    """Whether the browser's history led to this address of a race, or of settings ("").

    Not to one that was put back, of which `current_race` forgets what was written.
    """
    if not is_by_history():
        return False
    if race_id:
        return WRITTEN in st.session_state
    return bool(st.query_params.to_dict()) or st.session_state.get(PUT_BACK) != ""


def address_of(race_id: str) -> dict[str, str]:
    """The value in a link for the race, or for runs shown together."""
    if is_together(race_id):
        return {_RUNS: race_id.removeprefix(f"{_RUNS}=")}
    return {"race": race_id}


def is_together(race_id: str) -> bool:
    """Whether these are runs of several races, which nobody steers as one."""
    return race_id.startswith(f"{_RUNS}=")


def open_race(race_id: str) -> None:
    """Make `race_id` the race that this session shows."""
    st.session_state[RACE] = race_id
    st.query_params.from_dict(address_of(race_id))


def open_runs(run_ids: Sequence[str]) -> None:
    """Make these runs the ones that this session shows, from whatever races."""
    open_race(f"{_RUNS}={','.join(run_ids)}")


def close_race() -> None:
    """Show no race any more."""
    st.session_state.pop(RACE, None)
    st.session_state.pop(_SEEN, None)
    for name in ("race", _RUNS):
        st.query_params.pop(name, None)


def look(lab: Lab, race_id: str) -> RaceView:
    """The current view of the race, shared with all sessions; a failing store is shown, not raised.

    Raises:
        ValueError: for an id that is no race's, if this session has never seen it.
    """
    view: RaceView = st.session_state.get(_SEEN) or RaceView(race_id)
    if view.race_id != race_id:
        view = RaceView(race_id)
    try:
        view.feed = view.feed or _feed(lab, lab.home, race_id)
        view.look = view.feed.look()
    except ValueError as error:
        if not view.look.runs:
            raise
        view.look = view.look.gone(str(error))
    st.session_state[_SEEN] = view
    return view


def expire(lab: Lab, race_id: str) -> None:
    """Make the next look of every session read the race again, after a change to it."""
    _feed(lab, lab.home, race_id).expire()


@st.cache_resource(max_entries=64, show_spinner=False)
def _feed(_lab: Lab, home: Path, race_id: str) -> Feed:
    """The one reader of a race in this server."""
    if not is_together(race_id):
        return Feed(_lab, race_id)
    ids = tuple(dict.fromkeys(address_of(race_id)[_RUNS].split(",")))
    if len(ids) > MOST_TOGETHER:
        raise ValueError(f"runs = {len(ids)} runs; at most {MOST_TOGETHER} are shown together")
    return Feed(_lab, ids)


def feed_of(lab: Lab, race_id: str) -> Feed:
    """The one reader of a race in this server.

    Raises:
        ValueError: for more runs than are shown together.
    """
    return _feed(lab, lab.home, race_id)
