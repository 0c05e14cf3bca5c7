"""Who may do what to runs: the session that began a race, who holds its key, and the owner.

The owner is whoever uses the app on the server's own computer. That keeps a class from each
other's runs by mistake; it is no lock, for an address can be feigned.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from resnet_viz.lab.runs import Lab

COOKIE = "resnet_viz_steer_"
_STEERED = "races_steered"


def take_controls(race_id: str) -> None:
    """This session steers `race_id` from now on."""
    st.session_state.setdefault(_STEERED, set()).add(race_id)


def has_controls(lab: Lab, race_id: str, linked: str = "") -> bool:
    """Whether this session may steer `race_id`: it began it, or has its key.

    `linked` is a key that came with the link.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    mine: set[str] = st.session_state.setdefault(_STEERED, set())
    if race_id not in mine:
        keys = (linked, st.context.cookies.get(COOKIE + race_id, ""))
        if any(key and lab.may_steer(race_id, key) for key in keys):
            mine.add(race_id)
    return race_id in mine


def is_owner() -> bool:
    """Whether the visitor sits at the server's own computer."""
    return st.context.ip_address is None


def held_races(lab: Lab) -> Collection[str]:
    """The races that this session has the controls of.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    names = [name for name in st.context.cookies if name.startswith(COOKIE)]
    for name in names:
        has_controls(lab, name.removeprefix(COOKIE))
    return frozenset(st.session_state.get(_STEERED, ()))
