"""Access to runs: for the session that started a race, for who holds its key, and for the owner.

The owner is whoever uses the app on the server's own computer, with nothing in between, or has the
owner's key. All others are visitors: they race, and see what they hold the controls of. Where the
app is public, the key alone makes an owner: a container's visitors all come from the same computer.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError, default_home
from resnet_viz.store.keys.owner_key import is_owner_key
from resnet_viz.ui.session.cookies import OWNER, controls
from resnet_viz.ui.session.locality import is_at_the_server, visitor_address
from resnet_viz.ui.session.public import mode

_STEERED = "races_steered"
HOW_TO_OWN = (
    "To see all of them, open the link with the owner's key, which the server printed when it "
    "started."
)


def take_controls(race_id: str) -> None:
    """Let this session steer `race_id` from now on."""
    st.session_state.setdefault(_STEERED, set()).add(race_id)


def class_id(code: str) -> str:
    """What a class is called where controls of races are: whoever opened it has them."""
    return f"class-{code}"


def has_controls(lab: Lab, race_id: str, linked: str = "") -> bool:
    """Whether this session may steer `race_id`: it started it, or has its key.

    `linked` is a key that came with the link.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    mine: set[str] = st.session_state.setdefault(_STEERED, set())
    if race_id not in mine:
        keys = (linked, controls(st.context.cookies).get(race_id, ""))
        if any(key and lab.may_steer(race_id, key) for key in keys):
            mine.add(race_id)
    return race_id in mine


def is_owner() -> bool:
    """Whether the visitor is the owner, who may do everything to all runs of this computer."""
    headers = st.context.headers
    pairs = [(name, value) for name in headers for value in headers.get_all(name)]
    if not mode() and is_at_the_server(st.context.ip_address, pairs):
        return True
    key = st.context.cookies.get(OWNER, "")
    with suppress(StoreError):  # without its file nobody's key is right
        return bool(key) and is_owner_key(default_home(), key)
    return False


def asker(lab: Lab) -> str:
    """The asker that a race counts for when places are shared: the visitor's address, hashed with a
    key, so that the store holds none; "" for the owner, who has all places.

    Behind a proxy on the server's own computer it is the address that the proxy added; where the
    app is public, also behind one in a private network, as containers have.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    if is_owner():
        return ""
    forwarded = ",".join(st.context.headers.get_all("X-Forwarded-For")).split(",")
    address = visitor_address(st.context.ip_address, forwarded, is_public=bool(mode()))
    return lab.steering_key(f"visitor {address}")[:16]


def held_races(lab: Lab) -> Collection[str]:
    """The races whose controls this session has.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    for race_id in controls(st.context.cookies):
        has_controls(lab, race_id)
    return frozenset(st.session_state.get(_STEERED, ()))
