"""The settings of a race that most leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.experiments.setting import Group
from resnet_viz.ui.pages.race.settings.field_widgets import setting_box

_COLUMNS: Sequence[Sequence[Group]] = (
    ("Optimiser", "Learning rate"),
    ("Data", "Computing", "Measuring"),
)


def more_settings() -> dict[str, Any]:
    """Those that most races leave alone, by what they are about, in two columns."""
    fields: dict[str, Any] = {}
    for column, groups in zip(st.columns(2, gap="medium"), _COLUMNS, strict=True):
        with column:
            for group in groups:
                st.markdown(f"**{group}**")
                for field, setting in SETTINGS.items():
                    if setting.about.group == group:
                        fields[field] = setting_box(field)
    return fields
