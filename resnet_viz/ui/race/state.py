"""Which race a session looks at, and what it has seen of it.

The race's id is the only key to it: it is in the URL, so that a link opens the race elsewhere,
and in the session, because Streamlit drops the URL's query when the page is switched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import streamlit as st

from resnet_viz.lab.records import History
from resnet_viz.lab.run import Run
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.store import StoreError

_ID = "race_id"
_SEEN = "race_seen"
_NEXT = "race_next_is_open"


@dataclass
class Seen:
    """What this session has read of a race: it stays, even where the store does not."""

    race_id: str
    runs: Sequence[Run] = ()
    histories: dict[str, History] = field(default_factory=dict)
    problem: str = ""
    refusal: str = ""
    """Why the last press of a steering button did nothing: it stays until it is dismissed."""
    is_gone: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.is_gone or all(run.is_over for run in self.runs)

    def history(self, run: Run) -> History:
        """What was read of `run`."""
        return self.histories.get(run.id) or History()


def key_of(race_id: str) -> str:
    """A race's part of a component's key: an id may hold "__", which such a key must not."""
    return sha256(race_id.encode()).hexdigest()[:16]


def current_race() -> str | None:
    """The race of the URL, else the session's own, which is then written into the URL."""
    linked = st.query_params.get("race")
    if linked:
        st.session_state[_ID] = linked
    elif own := st.session_state.get(_ID):
        st.query_params["race"] = own
    return st.session_state.get(_ID)


def open_race(race_id: str) -> None:
    """Makes `race_id` the race that this session looks at."""
    st.session_state[_ID] = race_id
    st.query_params["race"] = race_id


def close_race() -> None:
    """Looks at no race any more."""
    st.session_state.pop(_ID, None)
    st.session_state.pop(_SEEN, None)
    st.query_params.pop("race", None)


def next_race_is_open() -> bool:
    """Whether the settings of the next race are unfolded while a race is on show."""
    return bool(st.session_state.get(_NEXT))


def fold_next_race(*, is_open: bool) -> None:
    """Unfolds the settings of the next race, or folds them away."""
    st.session_state[_NEXT] = is_open


def look(lab: Lab, race_id: str) -> Seen:
    """Reads what is new since the last look; a failing store is told, not raised.

    Raises:
        ValueError: for an id that is no race's, if this session has never seen it.
    """
    seen: Seen = st.session_state.get(_SEEN) or Seen(race_id)
    if seen.race_id != race_id:
        seen = Seen(race_id)
    try:
        _read(lab, seen)
        seen.problem, seen.is_gone = "", False
    except StoreError as error:
        seen.problem = str(error)
    except ValueError as error:
        if not seen.runs:
            raise
        seen.is_gone = True
        seen.problem = f"This race is no longer in the store: {error}. What was read of it stays."
    st.session_state[_SEEN] = seen
    return seen


def _read(lab: Lab, seen: Seen) -> None:
    """Runs first: a run that is over then has all its records in what is read next."""
    seen.runs = lab.race_runs(seen.race_id)
    for run in seen.runs:
        history = seen.histories.setdefault(run.id, History())
        if run.steps_done > len(history):
            history.extend(lab.records(run.id, since=len(history)))
