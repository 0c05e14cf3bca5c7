"""The part of the Race page that moves: progress, pictures, and the step that they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

from resnet_viz.arch.plan import plan
from resnet_viz.lab.feed import Look
from resnet_viz.lab.quantities import quantity
from resnet_viz.lab.quantities.quantity import Quantity
from resnet_viz.lab.records import History
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from resnet_viz.plots.colours import contestant_colours
from resnet_viz.plots.contestant import Window, net_of
from resnet_viz.plots.race import (
    GRADIENT,
    Contestant,
    axis_of,
    contestants_in,
    heat_maps,
    prediction,
    profile,
    training_curves,
)
from resnet_viz.ui.common import say
from resnet_viz.ui.common.drawn import Drawn
from resnet_viz.ui.common.live_chart import live_chart
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.common.note import note
from resnet_viz.ui.race import drawing, words
from resnet_viz.ui.race.controls import controls, refusal
from resnet_viz.ui.race.on_graph import on_graph
from resnet_viz.ui.race.present import keys
from resnet_viz.ui.race.progress import progress
from resnet_viz.ui.race.state import Seen, key_of, look
from resnet_viz.ui.race.step_control import step_control
from resnet_viz.ui.race.view import QUANTITY, is_presented, write_view

UPDATE_SECONDS = 0.5
HERO_HEIGHT = 355
MAPS_HEIGHT = 380

ON_A_LOG_AXIS = (
    "The axis is logarithmic: a straight slope means growing or shrinking by the same factor from "
    "one to the next."
)
OPEN_MARKERS = "Layers beside the main path (projections, gates) are open markers."
ABOUT_CURVES = (
    "Measured on each minibatch before its update. He et al. (2015, 4.1) found a higher training "
    "error in deep plain nets, and vanishing gradients unlikely to be the cause where the nets "
    "have batch norm. What is it here?"
)
ABOUT_MAPS = (
    "The same at every step so far: a column is a step, a row a layer or block. All nets share one "
    "colour scale, so that a colour means the same in each."
)


def live_race(lab: Lab, seen: Seen, *, may_steer: bool) -> None:
    """Shows the race, and keeps showing it while it goes on; then the page runs once more."""
    going = not seen.is_over
    live = st.fragment(_live, run_every=UPDATE_SECONDS if going else None)
    live(lab, seen.race_id, going, may_steer)


def preview(specs: Sequence[RunSpec]) -> None:
    """The race's pictures before there is anything to show: axes, colours, explanations."""
    colours = contestant_colours([spec.adapted for spec in specs])
    contestants = [
        Contestant(
            spec.display_name,
            colour,
            plan(spec.adapted).weighted_layers,
            History(),
            classes,
            config=spec.adapted,
        )
        for spec, colour in zip(specs, colours, strict=True)
        for classes in (spec.adapted.num_classes,)
    ]
    _pictures(Look(), contestants, Shown("preview", specs[0].steps, 0, GRADIENT))


def contestants_of(seen: Seen) -> Sequence[Contestant]:
    """The runs of a race as the plots want them."""
    return seen.look.once("contestants", lambda: contestants_in(seen.look))


def newest_step(seen: Seen) -> int:
    """The newest step that all nets under way have come to; -1 before there is one."""
    counts = [(len(seen.look.history(run)), run.is_over) for run in seen.runs]
    under_way = [count for count, is_over in counts if count and not is_over]
    return min(under_way or [max(count for count, _ in counts)]) - 1


def _live(lab: Lab, race_id: str, going: bool, may_steer: bool) -> None:
    seen = look(lab, race_id)
    if going and seen.is_over:
        st.rerun()
    contestants, steps = contestants_of(seen), max(run.steps or run.steps_done for run in seen.runs)
    progress(seen, contestants)
    for problem in filter(None, [*map(words.why_over, seen.runs), seen.look.problem]):
        say.error(problem)
    over, steps_now = seen.is_over, newest_step(seen)
    listens = ("all" if over or not may_steer else "arrows") if is_presented() else ""
    step = step_control(key_of(race_id), steps, steps_now, is_over=over, keys=listens)
    if is_presented():
        keys(lab, seen, may_steer=may_steer)
    nets = drawing.chosen_nets(seen.look, contestants)
    with st.container(horizontal=True, vertical_alignment="center", key="race_step_row"):
        name = _quantity_box(contestants)
        drawing.seeds_box(contestants, len({net_of(run) for run in seen.runs}))
        if may_steer and not seen.is_over and not is_presented():
            controls(lab, seen)
    write_view(race_id)
    refusal(seen)

    def closer(of: str, between: tuple[int, int]) -> Sequence[Contestant]:
        if seen.feed is None:
            return nets
        close = seen.feed.closer(seen.look, of, between)
        return drawing.chosen_nets(close, contestants_in(close))

    _pictures(seen.look, nets, Shown(key_of(race_id), steps, step, name, closer))


def _quantity_box(contestants: Sequence[Contestant]) -> str:
    """The quantity to show: one of those that a net of the race holds."""
    held = dict.fromkeys(name for contestant in contestants for name in contestant.header)
    names = [GRADIENT, *(name for name in held if name != GRADIENT)]
    if st.session_state.get(QUANTITY, GRADIENT) not in names:
        del st.session_state[QUANTITY]  # a link's, or that of a race that held it
    return st.selectbox(
        "Quantity",
        names,
        key=QUANTITY,
        format_func=lambda name: f"{quantity(name).title} by {_by(axis_of(contestants, name))}",
        label_visibility="collapsed",
        width=370,
        persist_state="session",
    )


class Shown(NamedTuple):
    """What is looked at: a part of the charts' keys, the race's steps, one of them, a quantity."""

    key: str
    steps: int
    step: int
    quantity: str
    closer: Callable[[str, tuple[int, int]], Sequence[Contestant]] | None = None
    """The nets with more of a quantity's steps between two, where that can be had."""


def _pictures(look: Look, contestants: Sequence[Contestant], shown: Shown) -> None:
    nets = " against ".join(contestant.name for contestant in contestants)
    is_median = any(contestant.seeds > 1 for contestant in contestants)
    how = drawing.curves_drawn()
    about, axis = quantity(shown.quantity), axis_of(contestants, shown.quantity)
    title, steps = f"{_capital(about.title)} by {_by(axis)}", shown.steps

    def chart(make: Callable[[Window], go.Figure], name: str, height: int, alt: str) -> None:
        """Drawn once for all who look at the same."""
        of = {"gradients": shown[1:4], "curves": (steps, how), "maps": (steps, about.name)}[name]
        key = f"{name}-{shown.key}"
        window = drawing.window_of(key)
        drawn = look.once((name, is_median, of, window), lambda: Drawn.of(make(window)))
        look_closely = partial(drawing.look_closely, key)
        live_chart(drawn, key, height, alt=f"{alt}: {nets}", on_window=look_closely)

    def hero_figure(_: Window) -> go.Figure:
        figure = profile(contestants, shown.step, about.name)
        return _all_steps(figure, steps) if axis == "net" else figure

    def curves_figure(window: Window) -> go.Figure:
        return _all_steps(training_curves(contestants, how, window), steps)

    def maps_figure(window: Window) -> go.Figure:
        close = shown.closer(about.name, window) if shown.closer and window else contestants
        return _all_steps(heat_maps(close, about.name, window), steps)

    seeds = [drawing.ABOUT_SEEDS] if is_median else []
    on_graph(look, contestants, shown.key, shown.step, shown.quantity)
    _anchors("gradients", "curves")
    with st.container(key="race_pictures"):
        hero, curves = st.columns([3, 2], gap="medium")
    with hero:
        chart(hero_figure, "gradients", HERO_HEIGHT, f"{title} at step {shown.step}")
        note(plain(_about(about, axis, [*_predicted(contestants, shown), *seeds])))
    with curves:
        alt = "Training loss and accuracy by step"
        chart(curves_figure, "curves", HERO_HEIGHT, alt)
        note(ABOUT_CURVES + drawing.about_curves(contestants))
        drawing.curves_box()
    if axis == "net":
        return
    _anchors("maps")
    st.header(plain(f"{title} and step"), anchor=False)
    alt = f"{title} at every step, as heat maps"
    chart(maps_figure, "maps", MAPS_HEIGHT, alt)
    note(ABOUT_MAPS)


def _anchors(*names: str) -> None:
    """Where the sentences at the end link to; they take no room (page.py's style)."""
    with st.container(key=f"race_anchor_{names[0]}"):
        st.html("".join(f'<span id="{name}"></span>' for name in names))


def _by(axis: str) -> str:
    """What a quantity is drawn by."""
    return "step" if axis == "net" else axis


def _predicted(contestants: Sequence[Contestant], shown: Shown) -> Sequence[str]:
    """What the thin lines of theory are, each once."""
    found = [prediction(c, shown.quantity, shown.step) for c in contestants if c.history]
    return list(dict.fromkeys(one.sentence for one in found if one))


def _about(about: Quantity, axis: str, more: Sequence[str]) -> str:
    """What the picture shows, how to read it, and where it comes from."""
    parts = [about.sentence]
    if about.scale == "log":
        parts.append(ON_A_LOG_AXIS)
    if axis == "layer":
        parts.append(OPEN_MARKERS)
    return " ".join([*parts, *([f"({about.source})"] if about.source else []), *more])


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _all_steps(figure: go.Figure, steps: int) -> go.Figure:
    """Axes as long as the race will be: they stay still, and show how far it is."""
    return figure.update_xaxes(range=[-0.5, max(1, steps) - 0.5])
