"""Controls of a sweep, for those who may steer it: pause, resume, stop, name, delete, and its link
and file."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Sweep, SweepSummary
from resnet_viz.store.database import StoreError
from resnet_viz.store.notes import MOST_CHARACTERS
from resnet_viz.text import capital
from resnet_viz.ui.pages.sweeps.begin import REFUSED, refusal
from resnet_viz.ui.pages.sweeps.sweeps_url import KEY, look_at
from resnet_viz.ui.session.access import is_owner


def controls(lab: Lab, sweep: Sweep, *, may_steer: bool) -> None:
    """Draw the buttons, and do what is pressed."""
    with st.container(horizontal=True, vertical_alignment="center", key="sweeps_controls"):
        if may_steer:
            _steering(lab, sweep)
            if is_owner() and sweep.status in ("running", "paused"):
                # The last one that was pressed goes first.
                st.button(
                    "Train first",
                    on_click=_do,
                    args=(lambda: lab.prioritise(sweep.id, int(time.time())),),
                    help="Its runs start before those of other sweeps. Races still go first.",
                )
            with st.popover("Name", key="sweeps_name"):
                name = st.text_input(
                    "Name", value=sweep.name, max_chars=MOST_CHARACTERS, key="sweeps_new_name"
                )
                st.button("Save", on_click=_do, args=(lambda: lab.rename(sweep.id, name),))
            _deleting(lab, sweep)
        with st.popover("Link", icon=":material/link:"):
            page = st.context.url or ""
            st.markdown("**Shows this sweep** to whoever opens it:")
            query = {"sweep": sweep.id}
            st.code(f"{page}?{urlencode(query)}", language=None, wrap_lines=True)
            if may_steer:
                st.markdown("**Link with controls**: whoever opens it can pause and stop it, too:")
                query |= {KEY: lab.steering_key(sweep.id)}
                st.code(f"{page}?{urlencode(query)}", language=None, wrap_lines=True)
        st.download_button(
            "Sweep as JSON",
            sweep.spec.model_dump_json(indent=2, exclude_defaults=True),
            file_name="sweep.json",
            key="sweeps_json",
            help="What is trained, to be started here or elsewhere.",
            on_click="ignore",
        )
    refusal()


def last_controls(lab: Lab, sweep: SweepSummary) -> None:
    """Draw the buttons of a sweep that cannot be read."""
    if sweep.status in ("running", "paused"):
        st.button("Stop", on_click=_do, args=(lambda: lab.stop(sweep.id),))
    _deleting(lab, sweep)
    refusal()


def _steering(lab: Lab, sweep: Sweep) -> None:
    def button(label: str, icon: str, action: Callable[[str], None], *, is_off: bool) -> None:
        st.button(
            label,
            key=f"sweeps_{label}",
            icon=icon,
            on_click=_do,
            args=(lambda: action(sweep.id),),
            disabled=is_off,
        )

    if sweep.status == "paused":
        button("Resume", ":material/play_arrow:", lab.resume, is_off=False)
    else:
        button("Pause", ":material/pause:", lab.pause, is_off=sweep.status != "running")
    if sweep.status == "stopped":
        button("Continue", ":material/play_arrow:", lab.resume, is_off=False)
    else:
        button("Stop", ":material/stop:", lab.stop, is_off=sweep.status == "finished")


def _deleting(lab: Lab, sweep: Sweep | SweepSummary) -> None:
    with st.popover("Delete", key="sweeps_delete"):
        if sweep.status in ("running", "paused"):
            st.markdown("Still training. Stop it first.")
            return
        st.markdown("Permanently delete this sweep, its runs and all their measurements?")

        def delete() -> None:
            lab.delete(sweep.id)
            look_at("")

        st.button("Delete sweep", type="primary", on_click=_do, args=(delete,))


def _do(action: Callable[[], object]) -> None:
    """Do it; why it was refused is kept for the next run of the page."""
    try:
        action()
    except (StoreError, ValueError) as error:
        st.session_state[REFUSED] = f"{capital(str(error))}."
