"""Stage page: the stage of a race alone: `/stage?race=ID&embed=true`."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.components.stages.stage_view import Pointer, pointer_of, stage_view, wake
from resnet_viz.ui.pages import PageEntry
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.widgets import message_box

PAGE = PageEntry("Stage", order=91, is_listed=False)
_QUANTITY = "stage_quantity"


def stage_page() -> None:
    """Draw the stage of the link's race: it plays and can be looked through; nobody steers here."""
    race_id = st.query_params.get("race", "")
    try:
        pointer = _pointer(open_lab(), race_id)
    except StoreError as error:
        message_box.error(f"{error} Until then no race can be shown.")
        return
    except ValueError as error:
        message_box.error(f"The link's race cannot be shown: {error}.")
        return

    def obey(wish: Mapping[str, Any]) -> None:
        if wish["name"] == "quantity":
            st.session_state[_QUANTITY] = wish.get("value")

    wake()
    quantity = st.session_state.get(_QUANTITY) or st.query_params.get("quantity", "")
    stage_view(
        race_id,
        pointer,
        quantity,
        steers=False,
        is_alone=True,
        run=token_hex(4),
        on_wish=obey,
    )


def _pointer(lab: Lab, race_id: str) -> Pointer:
    """The step that this session shows: at first the link's, the first of a recording, or the
    newest.

    Raises:
        ValueError: where there is no such race.
    """
    runs = lab.race_runs(race_id)
    pointer = pointer_of(f"alone_{race_id}")
    if not pointer.moves:
        pointer.at_first = 0 if all(run.is_over for run in runs) else None
        step = st.query_params.get("step", "")
        is_step = step.isascii() and step.isdigit() and len(step) < 10
        first = int(step) if is_step else pointer.at_first
        if first is not None:
            pointer.look_at(first)
    return pointer
