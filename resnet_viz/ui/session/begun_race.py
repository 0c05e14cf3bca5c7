"""Begun race: the race that a page has started for this session, until the Race page shows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

import streamlit as st

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.ui.session.access import asker, take_controls

_BEGUN, _LAST = "race_begun", "race_begun_last"


@dataclass
class _Begun:
    """The race that this session has begun and does not show yet; none, or one."""

    races: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


def begin(
    lab: Lab,
    race: RaceSpec | Sequence[RunSpec],
    pace: float | None = None,
    instead_of: str = "",
) -> str:
    """Start a race, which stops the one that it is `instead_of`, if any; its id. Until it is shown
    (`show`), another press begins no second one.

    Raises:
        StoreError, ValueError: as `Lab.race`.
    """
    # A second press ends this run of the script wherever it touches the session, and begins another
    # one in another thread, which waits here: what is in the list has begun.
    begun: _Begun = st.session_state.setdefault(_BEGUN, _Begun())
    by = asker(lab)
    with begun.lock:
        if not begun.races:
            begun.races.append(lab.race(race, pace=pace, asker=by, instead_of=instead_of))
        return begun.races[0]


def show(with_race: Callable[[str], None]) -> None:
    """Have `with_race` show the race that was just started, if there is one, even if the run of the
    script that started it was cut short. From then on this session steers it."""
    begun: _Begun = st.session_state.get(_BEGUN) or _Begun()
    if begun.races:
        with_race(begun.races[0])
        take_controls(begun.races[0])
        st.session_state[_LAST] = begun.races[0]
        begun.races.clear()


def under_way(lab: Lab) -> str | None:
    """The race that this session began last, while it is not over.

    Raises:
        StoreError: where the store cannot be read.
    """
    race_id: str | None = st.session_state.get(_LAST)
    with suppress(ValueError):  # it was deleted
        if race_id and not all(run.is_over for run in lab.race_runs(race_id)):
            return race_id
    return None


def begin_and_show(lab: Lab, race: RaceSpec | Sequence[RunSpec]) -> NoReturn:
    """Start a race and go to the Race page, which shows it.

    Raises:
        StoreError, ValueError: as `Lab.race`.
    """
    go_to(begin(lab, race))


def go_to(race_id: str) -> NoReturn:
    """Go to the Race page with this race."""
    st.switch_page("pages/race.py", query_params={"race": race_id})
