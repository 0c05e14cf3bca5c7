"""Charts of a race: graphs, layer profile, training curves, quantities through time and heat maps,
and the texts beside them.

They are drawn whole, or only their news are told, for components that are on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

from resnet_viz.figures.gradient_flow_bars import ABOUT_BARS, AVERAGE, LARGEST, gradient_flow_bars
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import axis_of, profile
from resnet_viz.figures.through_time import DRAWN as THROUGH_TIME
from resnet_viz.figures.through_time import through_time
from resnet_viz.figures.training_curves import training_curves
from resnet_viz.findings.contestant import Contestant, Window
from resnet_viz.findings.theory.predictions import about_prediction
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities import quantity
from resnet_viz.text import capital
from resnet_viz.ui.components.charts.figure_diff import Drawn
from resnet_viz.ui.components.charts.live_chart import chart_data, live_chart
from resnet_viz.ui.pages.race import display_options
from resnet_viz.ui.pages.race.lesions import Lesions
from resnet_viz.ui.pages.race.live.graphs import graph_data, has_graph, on_graph
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note

MOST_LAYERS = 20_000
"""Of all nets together: six of the deepest that are published have 7,000."""

HERO_HEIGHT = 383
TIME_HEIGHT = 348
MAPS_HEIGHT = 408

ON_A_LOG_AXIS = (
    "The axis is logarithmic: a straight line means each layer multiplies it by the same factor."
)
OPEN_MARKERS = "Layers beside the main path (projections, gates) are open markers."
ABOUT_CURVES = (
    "Measured on each minibatch before its update. He et al. (2015, sec. 4.1) saw higher training "
    "error in deep plain nets and argued vanishing gradients were not to blame when batch norm is "
    "used. What do you see here?"
)
ABOUT_TIME = (
    "Left: the weight gradient of the first layer over the last's. Middle: effective rank, how "
    "many independent directions the features span; 1 means that the network sees all images as "
    "the same (Roy & Vetterli 2007). Right: how much a step changes the weights; about a "
    "thousandth is the rule of thumb (Karpathy, CS231n notes). With batch norm, step 0 overwrites "
    "the first layers of a deep plain net and its features collapse; a small ratio late in "
    "training is a result of that collapse, not a vanishing gradient."
)
TIME_ALT = (
    "Weight gradient of the first layer over the last, effective rank and update ratio by step"
)
ABOUT_MAPS = (
    "The same at every step: one column per step, one row per layer or block. All networks share "
    "one colour scale."
)


def key_of_chart(place: str) -> str:
    """The key of a chart's component, and its id for links: the same in each race, so that the
    browser keeps it when a race starts."""
    return f"{place}-race"


class Shown(NamedTuple):
    """The selection: a race (`key_of`, "" for none yet), its steps, one of them, a quantity."""

    race: str
    steps: int
    step: int
    quantity: str
    closer: Callable[[Sequence[str], tuple[int, int]], Sequence[Contestant]] | None = None
    """The nets with more of some quantities' steps between two, where that can be had."""


class Chart(NamedTuple):
    """One chart of a race, as it is now, at its place on the page."""

    place: str
    race: str
    height: int
    alt: str
    drawn: Drawn

    @property
    def key(self) -> str:
        """The key of its component."""
        return key_of_chart(self.place)

    def draw(self) -> None:
        """Draw it at the current place of the script."""
        look_closely = partial(display_options.look_closely, self.place, self.race)
        live_chart(
            self.drawn, self.key, self.height, alt=self.alt, of=self.race, on_window=look_closely
        )

    def news(self) -> Mapping[str, object]:
        """The data with which it would be drawn now."""
        return chart_data(self.drawn, self.key, self.height, alt=self.alt, of=self.race)


def charts(look: Look, contestants: Sequence[Contestant], shown: Shown) -> Mapping[str, Chart]:
    """All charts, by the names of their places; drawn once for all who see the same."""
    names = tuple(contestant.name for contestant in contestants)  # which tell the seeds
    nets = " against ".join(names)
    name, steps, how = shown.quantity, shown.steps, display_options.curves_drawn()
    title, axis = title_of(contestants, name), axis_of(contestants, name)

    def chart(
        place: str, make: Callable[[Window], go.Figure], of: object, height: int, alt: str
    ) -> Chart:
        window = display_options.window_of(place, shown.race)
        drawn = look.once((place, names, of, window), lambda: Drawn.of(make(window)))
        return Chart(place, shown.race, height, f"{alt}: {nets}", drawn)

    def hero_figure(_: Window) -> go.Figure:
        if name in (AVERAGE, LARGEST):
            return gradient_flow_bars(contestants, shown.step)
        figure = profile(contestants, shown.step, name)
        return _all_steps(figure, steps) if axis == "net" else figure

    def curves_figure(window: Window) -> go.Figure:
        return _all_steps(training_curves(contestants, how, window), steps)

    def close(window: Window, *of: str) -> Sequence[Contestant]:
        return shown.closer(of, window) if shown.closer and window else contestants

    def time_figure(window: Window) -> go.Figure:
        return _all_steps(through_time(close(window, *THROUGH_TIME), window), steps)

    def maps_figure(window: Window) -> go.Figure:
        return _all_steps(heat_maps(close(window, name), name, window), steps)

    curves_alt = "Training loss and accuracy by step"
    maps_alt = f"{title} at every step, as heat maps"
    by_place = {
        "gradients": chart(
            "gradients", hero_figure, shown[1:4], HERO_HEIGHT, f"{title} at step {shown.step}"
        ),
        "curves": chart("curves", curves_figure, (steps, how), HERO_HEIGHT, curves_alt),
        "through_time": chart("through_time", time_figure, steps, TIME_HEIGHT, TIME_ALT),
    }
    if axis != "net":
        by_place["maps"] = chart("maps", maps_figure, (steps, name), MAPS_HEIGHT, maps_alt)
    return by_place


def pictures(
    look: Look,
    contestants: Sequence[Contestant],
    shown: Shown,
    lesions: Lesions | None = None,
    *,
    has_graphs: bool,
) -> None:
    """Draw the charts; above them the graphs, where asked for, whose deleted blocks are
    `lesions`."""
    if too_many := too_many_layers(len(net.layers) for net in contestants):
        message_box.info(too_many)
        return
    drawn = charts(look, contestants, shown)
    with st.container():  # so that the charts keep their place
        if has_graphs:
            on_graph(look, contestants, shown.step, shown.quantity, lesions=lesions)
    with st.container(key="race_pictures"):
        hero, curves = st.columns([3, 2], gap="medium")
    with hero:
        drawn["gradients"].draw()
        note(plain(about_profile(contestants, shown)))
    with curves:
        drawn["curves"].draw()
        note(ABOUT_CURVES + display_options.about_curves(contestants))
        display_options.curves_box()
    header("Through time")
    drawn["through_time"].draw()
    note(ABOUT_TIME)
    if "maps" in drawn:
        header(f"{title_of(contestants, shown.quantity)} and step")
        drawn["maps"].draw()
        note(ABOUT_MAPS)


def too_many_layers(counts: Iterable[int]) -> str:
    """The reason why nets are not drawn, because they would keep the server busy; "" if they
    are."""
    layers = sum(counts)
    if layers <= MOST_LAYERS:
        return ""
    return (
        f"These networks have {layers:,} layers together. Charts are drawn for at most "
        f"{MOST_LAYERS:,}; choose smaller networks, or fewer of them."
    )


def pictures_news(
    look: Look, contestants: Sequence[Contestant], shown: Shown, *, has_graphs: bool
) -> Mapping[str, Mapping[str, object]]:
    """The data with which the charts would be drawn now, by the keys of their components."""
    if too_many_layers(len(net.layers) for net in contestants):
        return {}
    news = {chart.key: chart.news() for chart in charts(look, contestants, shown).values()}
    if has_graphs and has_graph(contestants):
        values = graph_data(look, contestants, shown.step, shown.quantity)
        news[str(values["key"])] = values
    return news


def title_of(contestants: Sequence[Contestant], name: str) -> str:
    """The title of a chart, such as "Gradient norm by layer"."""
    title = quantity(name).title
    return f"{capital(title)} by {by(axis_of(contestants, name))}"


def by(axis: str) -> str:
    """The axis by which a quantity is drawn, in words."""
    return "step" if axis == "net" else axis


def about_profile(contestants: Sequence[Contestant], shown: Shown) -> str:
    """An explanation of the profile: what it shows, how to read it, and its source."""
    about, axis = quantity(shown.quantity), axis_of(contestants, shown.quantity)
    parts = [about.sentence]
    if about.scale == "log":
        parts.append(ON_A_LOG_AXIS)
    if shown.quantity in (AVERAGE, LARGEST):
        parts.append(ABOUT_BARS)
    elif axis == "layer":
        parts.append(OPEN_MARKERS)
    seeds = [display_options.ABOUT_SEEDS] if any(one.seeds > 1 for one in contestants) else []
    source = [f"({about.source})"] if about.source else []
    predictions = dict.fromkeys(about_prediction(one, shown.quantity) for one in contestants)
    return " ".join([*parts, *source, *filter(None, predictions), *seeds])


def _all_steps(figure: go.Figure, steps: int) -> go.Figure:
    """Axes as long as the race will be: they stay still, and show how far it is."""
    return figure.update_xaxes(range=[-0.5, max(1, steps) - 0.5])
