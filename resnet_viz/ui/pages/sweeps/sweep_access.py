"""Sweep access: who may see a sweep in the list, and who may pause, stop or delete it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import SweepSummary
from resnet_viz.ui.components.kept_controls import keep_controls
from resnet_viz.ui.pages.sweeps.sweeps_url import KEY
from resnet_viz.ui.session.access import has_controls, held_races, is_owner
from resnet_viz.ui.session.public import is_gallery


def sees_all() -> bool:
    """Whether this visitor sees the sweeps of others, too."""
    return is_gallery() or is_owner()


def listed(lab: Lab) -> Sequence[SweepSummary]:
    """The sweeps that this visitor may see in a list, the newest first."""
    sweeps = lab.sweeps()
    if sees_all():
        return sweeps
    held = held_races(lab)
    return [sweep for sweep in sweeps if sweep.id in held]


def may_steer(lab: Lab, sweep_id: str) -> bool:
    """Whether this visitor may pause, stop and delete it; a key of the link is taken out of the
    address, so that passing that on passes no controls on."""
    linked = st.query_params.get(KEY, "")
    if linked:
        del st.query_params[KEY]
    if is_gallery():
        return False
    is_theirs = has_controls(lab, sweep_id, linked)
    if is_theirs:
        keep_controls(lab, sweep_id, sweep_id)
    return is_theirs or is_owner()
