"""Race access: the session that started a race may steer it, and whoever holds its link with
controls.

The link in the address bar only shows. A key that came with a link is taken out of the address,
so that passing that on passes no controls on, and is kept in a cookie, so that a reload keeps them.
"""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.pages.race.state import address_of, is_together
from resnet_viz.ui.session.access import has_controls

KEY = "steer"


def steers(lab: Lab, race_id: str) -> bool:
    """Whether this session may steer `race_id`: it started it, or has its key.

    Raises:
        StoreError: where the lab's secret cannot be read.
    """
    if is_together(race_id):
        return False
    linked = st.query_params.get(KEY, "")
    if linked:
        del st.query_params[KEY]
    return has_controls(lab, race_id, linked)


def links(lab: Lab, race_id: str, *, with_controls: bool) -> None:
    """Draw the links to a race, to be copied."""
    page = st.context.url or ""
    with st.popover("Link", icon=":material/link:"):
        st.markdown("**Shows this race** to whoever opens it:")
        st.code(f"{page}?{urlencode(address_of(race_id))}", language=None, wrap_lines=True)
        if with_controls:
            query = urlencode({"race": race_id, KEY: lab.steering_key(race_id)})
            st.markdown(
                "**Link with controls**: whoever opens it can pause and stop the race, too:"
            )
            st.code(f"{page}?{query}", language=None, wrap_lines=True)
