"""The lab, shared by all sessions of the server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.lab.runs import Lab
from resnet_viz.lab.store import default_home


def open_lab() -> Lab:
    """The lab at RESNET_VIZ_HOME or in the user's data directory.

    Raises:
        StoreError: where its store cannot be used.
    """
    return _lab(default_home())


@st.cache_resource(show_spinner=False)
def _lab(home: Path) -> Lab:
    return Lab(home)
