"""Lab of the server, shared by all sessions."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime import RuntimeState

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError, default_home
from resnet_viz.ui.session.public import mode
from resnet_viz.ui.session.public_lab import public_lab

_FIRST_PICTURE_SECONDS = 2.0


def open_lab() -> Lab:
    """The lab at RESNET_VIZ_HOME or in the user's data directory.

    Raises:
        StoreError: where its store cannot be used.
    """
    return _lab(default_home(), mode())


@st.cache_resource(show_spinner=False)
def _lab(home: Path, public: str) -> Lab:  # one for each, as tests have both
    return public_lab(home)


def get_ready() -> None:
    """Prepare the lab, once per server and after its first page, so that a first run starts at
    once."""
    if runtime.get_instance().state == RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED:
        _get_ready(default_home())


@st.cache_resource(show_spinner=False)
def _get_ready(home: Path) -> None:
    timer = threading.Timer(_FIRST_PICTURE_SECONDS, _start_launcher, (home,))
    timer.daemon = True
    timer.start()


def _start_launcher(home: Path) -> None:
    with suppress(StoreError):  # whoever wants to start a run is told
        Lab(home).ready()
