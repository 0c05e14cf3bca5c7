"""Design space page: a scatter plot of all presets and the current net, and a table of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import height_and_width, short_size
from resnet_viz.arch.presets import PRESETS, SOURCES, label, preset
from resnet_viz.figures.design_space import (
    Axis,
    DesignPoint,
    at_the_place_of,
    design_point,
    design_space,
)
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.design_space import link
from resnet_viz.ui.session.net import open_net, shown_net
from resnet_viz.ui.session.net_url import DEFAULT_NET
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.page_texts import header, note, title

_ROW = "design_row"
_AXES: dict[str, Axis] = {link.PARAMETERS: "params", link.MEMORY: "activation_bytes"}


def design_space_page() -> None:
    """Draw the page."""
    if name := st.session_state.pop(_ROW, None):
        _open(name)
    problem = link.read_link()
    title("Design space")
    if problem:
        message_box.error(problem)
    current = design_point(*_current())
    note(
        "Each mark is a network. The star is the one on the Architecture page. Ringed marks are "
        "plain/residual pairs at equal cost. Point at a mark for its numbers; click it to open "
        "the network."
    )
    points, axis = _controls(_presets())
    link.write_link()
    _note_on_sizes(points)

    def clicked(name: str) -> None:
        here = at_the_place_of(name, [*points, current], _AXES[axis])
        nets = list({PRESETS.get(point.name): point.name for point in reversed(here)}.values())
        if len(nets) == 1:
            _open(nets[0])
        _ask_which(nets[::-1])

    live_chart(
        design_space(points, current, _AXES[axis]),
        "design_space",
        600,
        alt=f"MACs against {axis} of {len(points)} presets by family, with {current.name} as a "
        "star; the table below has the same numbers",
        on_point=clicked,
    )
    _table(points, current)


@st.dialog("Which network?")
def _ask_which(names: Sequence[str]) -> None:
    """Nets that stand at one place, to open one of them."""
    st.markdown(f"{len(names)} networks are here, at equal cost.")
    for name in names:
        if st.button(f"Open {name}"):
            _open(name)


def _current() -> tuple[str, ResNetConfig]:
    config = shown_net() or preset(DEFAULT_NET)
    return label(config), config


@st.cache_data(show_spinner=False)
def _presets() -> tuple[DesignPoint, ...]:
    return tuple(design_point(name, config) for name, config in PRESETS.items())


def _controls(
    points: Sequence[DesignPoint],
) -> tuple[Sequence[DesignPoint], str]:
    """Which images, and what the horizontal axis shows: the points and a key of `_AXES`."""
    st.session_state.setdefault(link.SIZE, link.ALL)
    st.session_state.setdefault(link.AXIS, link.PARAMETERS)
    sizes = sorted({point.image_size for point in points}, key=height_and_width)
    with st.container(horizontal=True, gap="large"):
        size = st.segmented_control(
            "Image size",
            [link.ALL, *sizes],
            format_func=lambda size: size if size == link.ALL else f"{short_size(size)} pixels",
            required=True,
            key=link.SIZE,
            persist_state="session",
            help="ImageNet networks take 224 x 224 pixels, CIFAR networks 32 x 32.",
        )
        axis = st.segmented_control(
            "Horizontal axis",
            list(_AXES),
            required=True,
            key=link.AXIS,
            persist_state="session",
        )
    shown = [point for point in points if size in (link.ALL, point.image_size)]
    return shown, axis or "parameters"


def _note_on_sizes(points: Sequence[DesignPoint]) -> None:
    counts = Counter(sorted((point.image_size for point in points), key=height_and_width))
    if len(counts) > 1:
        groups = " and ".join(
            f"{count} are for {short_size(size)}-pixel" for size, count in counts.items()
        )
        note(f"Careful: {groups} images. MACs grow with the image, so compare within one size.")


def _open(name: str) -> NoReturn:
    """Shows a preset on the Architecture page; another name is the net that is there already."""
    open_net(PRESETS[name] if name in PRESETS else _current()[1])


def _table(points: Sequence[DesignPoint], current: DesignPoint) -> None:
    header("As a table")
    wanted = st.text_input(
        "Search",
        key=link.SEARCH,
        placeholder="name, family or source, such as cifar",
        persist_state="session",
    )
    rows = [point for point in points if _matches(point, wanted)]
    note(
        f"{len(rows)} of {len(points)} presets. Click a column head to sort; select a row to open "
        f"the network. On the Architecture page now: {current.name}, {current.params:,} "
        f"parameters, {current.macs:,} MACs."
    )
    if not rows:
        message_box.info(f"No preset matches {wanted!r}.")
        return
    key = f"design_table.{wanted}"

    def chosen() -> None:
        # The event of a press, kept for one run: a selection that stays would open it again when
        # the browser comes back.
        for index in st.session_state[key]["selection"]["rows"]:
            st.session_state[_ROW] = rows[index].name

    st.dataframe(
        [_row(point) for point in rows],
        hide_index=True,
        key=key,
        on_select=chosen,
        selection_mode="single-row",
        column_config=_COLUMNS,
        alt="All presets with depth, parameters, MACs and activation memory",
    )


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
