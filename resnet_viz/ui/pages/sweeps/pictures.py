"""Pictures of a sweep: which is looked at, and its chart with a sentence beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from resnet_viz.figures.sweeps import along_axis, curves, heat_map, parallel, seeds
from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.findings.sweeps.grid import ENDS, Grid
from resnet_viz.findings.sweeps.records import SweepRecords
from resnet_viz.ui.components.charts.figure_diff import Drawn
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.sweeps.sweeps_url import END, PICTURE, X, Y, write_link
from resnet_viz.ui.widgets.page_texts import note

ALONG, MAP, CURVES, SEEDS, PARALLEL = "along", "map", "curves", "seeds", "parallel"
TITLES: Mapping[str, str] = {
    ALONG: "Along an axis",
    MAP: "Map of two axes",
    CURVES: "Training curves",
    SEEDS: "Seeds",
    PARALLEL: "Every run a line",
}
_HEIGHT = 470
OPENS_RACE, OPENS_ALL = "Its race", "All nets beside it"


@dataclass(frozen=True)
class Choice:
    """What is looked at: the picture, its axes, and the end that it shows."""

    picture: str
    x: str
    y: str
    end: str


def choose(grid: Grid) -> Choice:
    """Draw the widgets; what they say goes into the address."""
    axes = [axis.name for axis in grid.axes]
    titles = {axis.name: axis.noun or axis.title for axis in grid.axes}
    pictures = [name for name in TITLES if name != MAP or len(axes) > 1]
    _only(PICTURE, pictures, ALONG)
    _only(X, axes, axes[0])
    with st.container(horizontal=True, vertical_alignment="bottom", key="sweeps_choice"):
        picture = st.segmented_control(
            "Picture",
            pictures,
            key=PICTURE,
            format_func=TITLES.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
        if picture == PARALLEL:
            x = axes[0]
        else:
            label = "One panel for each" if picture == CURVES else "Horizontal axis"
            x = _select(label, axes, X, titles)
        y = axes[0]
        if picture == MAP:
            others = [name for name in axes if name != x]
            _only(Y, others, others[0])
            y = _select("Vertical axis", others, Y, titles)
        end = next(iter(ENDS))
        if picture != CURVES:
            _only(END, list(ENDS), end)
            title = "Colour" if picture in (MAP, PARALLEL) else "Vertical axis"
            end = _select(title, list(ENDS), END, {name: of.words for name, of in ENDS.items()})
    write_link()
    return Choice(str(picture), x, y, end)


def _only(key: str, options: Sequence[str], default: str) -> None:
    """Have a widget show one of these, whatever a link or another sweep left."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default


def _select(label: str, options: Sequence[str], key: str, titles: Mapping[str, str]) -> str:
    return str(
        st.selectbox(label, options, key=key, format_func=lambda name: titles[name], width=175)
    )


@dataclass(frozen=True)
class Seen:
    """What the pictures are of: `version` changes with the cells, and `records` keeps what was
    drawn of each."""

    grid: Grid
    histories: Histories
    records: SweepRecords
    version: Hashable


def picture(seen: Seen, choice: Choice, on_cell: Callable[[int], None]) -> None:
    """Draw the picture; `on_cell` is called with a cell's number after a click on it."""
    make, sentence, alt = _of(seen.grid, seen.histories, choice)
    height = _HEIGHT
    if choice.picture == CURVES:
        height = 110 + curves.HEIGHT_OF_ROW * max(curves.rows_of(seen.grid, choice.x), 2)
    drawn = seen.records.made((seen.version, choice), lambda: Drawn.of(make()))
    live_chart(
        drawn,
        f"sweeps_{choice.picture}",
        height,
        alt=alt,
        of=f"{choice.picture} {choice.x} {choice.y} {choice.end}",
        on_point=lambda number: on_cell(int(number)),
    )
    note(sentence)


def _of(
    grid: Grid, histories: Histories, choice: Choice
) -> tuple[Callable[[], go.Figure], str, str]:
    """How a picture is drawn, a sentence or two beside it, and what it is in words."""
    x, end, about = choice.x, choice.end, ENDS[choice.end]
    axis = grid.axis(x)
    along = axis.noun or axis.title
    if choice.picture == MAP:
        return (
            lambda: heat_map.heat_map(grid, x, choice.y, end),
            heat_map.words(grid, x, choice.y, end),
            f"Map of {about.words} by two axes; the table has the same numbers",
        )
    if choice.picture == CURVES:
        more = len(axis) - curves.MOST_PANELS
        rest = f" The first {curves.MOST_PANELS} of {len(axis)} are drawn." if more > 0 else ""
        return (
            lambda: curves.curves(grid, histories, x),
            f"Each line is one run's training loss, the mean of five minibatches.{rest}",
            f"Training curves of all runs, a panel for each value of {along}",
        )
    if choice.picture == SEEDS:
        return (
            lambda: seeds.seeds(grid, x, end),
            "Each mark is one run, in the order of the seeds. The bar is their median.",
            f"{about.words} of each run by {along}; the table has the same numbers",
        )
    if choice.picture == PARALLEL:
        return (
            lambda: parallel.parallel(grid, end),
            f"Each line is one run: its setting on each axis, and its {about.words} at the right.",
            f"Every run as a line through its settings, coloured by {about.words}",
        )
    return (
        lambda: along_axis.along_axis(grid, x, end),
        "Each mark is one run. Lines join the medians; bars reach from the lowest seed to the "
        "highest.",
        f"{about.words} against {along}, one line for each kind of net; the table has the numbers",
    )
