"""Note beside a chart."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.widgets.markdown import small


def note(markdown: str) -> None:
    """Draw what a chart shows, in a sentence or two: small, but in full colour."""
    st.markdown(small(markdown))
