"""The Design space page: a scatter of all presets and the current net, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import PRESETS, SOURCES, label, preset
from resnet_viz.plots.design_space import Axis, DesignPoint, design_point, design_space
from resnet_viz.ui.architecture_form import show_config
from resnet_viz.ui.compare_state import architecture_net
from resnet_viz.ui.link import DEFAULT_NET
from resnet_viz.ui.note import note

ALL = "all sizes"
_AXES: dict[str, Axis] = {"parameters": "params", "activation memory": "activation_bytes"}


def design_space_page() -> None:
    """Draws the page."""
    current = design_point(*_current())
    note(
        "Each mark is a network: the multiply-accumulates of one image against its parameters or "
        "activation memory, on log axes. The star is the net of the Architecture page. Point at "
        "a mark for its name and numbers; click it to open the net on the Architecture page."
    )
    points, x = _controls(_presets(), current)
    _note_on_sizes(points)
    figure = design_space(points, current, x)
    chosen: Any = st.plotly_chart(
        figure,
        key="design_space",
        height=600,
        on_select="rerun",
        selection_mode="points",
        alt="MACs against parameters of all presets, by family, with the current net as a star",
    )
    _open_if_any([point["customdata"][0] for point in chosen["selection"]["points"]])
    _table(points, current)


def _current() -> tuple[str, ResNetConfig]:
    config = architecture_net() or preset(DEFAULT_NET)
    return label(config), config


@st.cache_data(show_spinner=False)
def _presets() -> tuple[DesignPoint, ...]:
    return tuple(design_point(name, config) for name, config in PRESETS.items())


def _controls(
    points: Sequence[DesignPoint], current: DesignPoint
) -> tuple[Sequence[DesignPoint], Axis]:
    """Which images, and what the horizontal axis shows."""
    sizes = sorted({point.image_size for point in points})
    with st.container(horizontal=True, gap="large"):
        size = st.segmented_control(
            "Presets for images of",
            [ALL, *sizes],
            format_func=lambda size: size if size == ALL else f"{size} pixels",
            default=ALL,
            required=True,
            key="design_size",
            persist_state="session",
            help="ImageNet's nets take 224 pixels a side, CIFAR's take 32.",
        )
        axis = st.segmented_control(
            "Horizontal axis",
            list(_AXES),
            default="parameters",
            required=True,
            key="design_axis",
            persist_state="session",
        )
    shown = [point for point in points if size in (ALL, point.image_size)]
    return shown, _AXES[axis or "parameters"]


def _note_on_sizes(points: Sequence[DesignPoint]) -> None:
    counts = {
        size: sum(point.image_size == size for point in points)
        for size in sorted({point.image_size for point in points})
    }
    if len(counts) > 1:
        groups = " and ".join(f"{count} take {size} pixels" for size, count in counts.items())
        note(
            f"Mind the images: of these nets {groups} a side, and MACs and activations grow with "
            "the number of pixels. Within one size the nets compare directly."
        )


def _open_if_any(names: Sequence[str]) -> None:
    """Opens the first of `names` on the Architecture page; no preset: the current net."""
    if not names:
        return
    if names[0] in PRESETS:
        show_config(preset(names[0]))
    st.switch_page("pages/architecture.py")


def _table(points: Sequence[DesignPoint], current: DesignPoint) -> None:
    st.subheader("The same as a table", anchor=False)
    wanted = st.text_input(
        "Search", key="design_search", placeholder="name, family or source, such as cifar"
    )
    rows = [p for p in points if _matches(p, wanted)]
    note(
        f"{len(rows)} of {len(points)} presets. Sort by a column's head; select a row to open the "
        f"net on the Architecture page. Its net now: {current.name}, {current.params:,} "
        f"parameters, {current.macs:,} MACs."
    )
    if not rows:
        st.info(f"No preset matches {wanted!r}.")
        return
    event: Any = st.dataframe(
        [_row(point) for point in rows],
        hide_index=True,
        key=f"design_table.{wanted}",
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMNS,
        alt="All presets with depth, parameters, MACs and activation memory",
    )
    _open_if_any([rows[index].name for index in event["selection"]["rows"]])


_COLUMNS = {
    "parameters": st.column_config.NumberColumn(format="localized"),
    "MACs": st.column_config.NumberColumn(format="localized"),
    "activations (MB)": st.column_config.NumberColumn(format="%.2f"),
}


def _matches(point: DesignPoint, wanted: str) -> bool:
    """Whether every word that is searched for occurs in name, family or source."""
    text = f"{point.name} {point.family} {SOURCES[point.name]}".lower()
    return all(word in text for word in wanted.lower().split())


def _row(point: DesignPoint) -> dict[str, object]:
    return {
        "net": point.name,
        "family": point.family,
        "image": point.image_size,
        "depth": point.depth,
        "parameters": point.params,
        "MACs": point.macs,
        "activations (MB)": point.activation_bytes / 1e6,
        "source": SOURCES[point.name],
    }
