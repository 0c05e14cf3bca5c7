"""The sentence beside a picture."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.widgets.markdown import small


def note(markdown: str) -> None:
    """What a picture shows, in a sentence or two: small, but in the text's full colour."""
    st.markdown(small(markdown))
