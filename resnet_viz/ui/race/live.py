"""The part of the Race page that moves: progress, pictures, and the step that they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from resnet_viz.arch.plan import plan
from resnet_viz.lab.records import History
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.store import StoreError
from resnet_viz.plots.colours import contestant_colours
from resnet_viz.plots.race import (
    Contestant,
    gradient_by_layer,
    gradient_heatmaps,
    training_curves,
)
from resnet_viz.ui.common import say
from resnet_viz.ui.common.live_chart import live_chart
from resnet_viz.ui.common.note import note
from resnet_viz.ui.race import words
from resnet_viz.ui.race.progress import progress
from resnet_viz.ui.race.state import Seen, key_of, look
from resnet_viz.ui.race.step_control import step_control

UPDATE_SECONDS = 0.5
HERO_HEIGHT = 355
MAPS_HEIGHT = 380

ABOUT_GRADIENTS = (
    "One point a weighted layer: how strongly the loss depends on its weights at this step. The "
    "axis is logarithmic, so a straight slope means that the gradient grows or shrinks by the "
    "same factor from layer to layer. Layers beside the main path (projections, gates) are open "
    "markers."
)
ABOUT_CURVES = (
    "Measured on each minibatch before its update. He et al. (2015, 4.1) found a higher training "
    "error in deep plain nets, and vanishing gradients unlikely to be the cause where the nets "
    "have batch norm. What is it here?"
)
ABOUT_MAPS = (
    "The same gradient norms at every step so far: a column is a step, a row a layer. All nets "
    "share one colour scale, so that a colour means the same in each."
)


def live_race(lab: Lab, seen: Seen, *, may_steer: bool) -> None:
    """Shows the race, and keeps showing it while it goes on; then the page runs once more."""
    going = not seen.is_over
    live = st.fragment(_live, run_every=UPDATE_SECONDS if going else None)
    live(lab, seen.race_id, going, may_steer)


def preview(specs: Sequence[RunSpec]) -> None:
    """The race's pictures before there is anything to show: axes, colours, explanations."""
    contestants = _contestants([(spec.display_name, spec, History()) for spec in specs])
    _pictures(contestants, specs[0].steps, 0, "preview")


def contestants_of(seen: Seen) -> Sequence[Contestant]:
    """The runs of a race as the plots want them."""
    found = _contestants([(run.name, run.spec, seen.history(run)) for run in seen.runs])
    # What a run holds, its header says: it may be older than this program.
    return [replace(c, header=run.quantities) for c, run in zip(found, seen.runs, strict=True)]


def newest_step(seen: Seen) -> int:
    """The newest step that all nets under way have come to; -1 before there is one."""
    counts = [(len(seen.history(run)), run.is_over) for run in seen.runs]
    under_way = [count for count, is_over in counts if count and not is_over]
    return min(under_way or [max(count for count, _ in counts)]) - 1


def _live(lab: Lab, race_id: str, going: bool, may_steer: bool) -> None:
    seen = look(lab, race_id)
    if going and seen.is_over:
        st.rerun()
    contestants, steps = contestants_of(seen), max(run.spec.steps for run in seen.runs)
    progress(seen, contestants)
    for problem in filter(None, [*map(words.why_over, seen.runs), seen.problem]):
        say.error(problem)
    with st.container(horizontal=True, vertical_alignment="center", key="race_step_row"):
        step = step_control(key_of(race_id), steps, newest_step(seen))
        if may_steer and not seen.is_over:
            _steering(lab, seen)
    _refusal(seen)
    _pictures(contestants, steps, step, key_of(race_id))


def _contestants(nets: Sequence[tuple[str, RunSpec, History]]) -> Sequence[Contestant]:
    colours = contestant_colours([spec.adapted for _, spec, _ in nets])
    return [
        Contestant(
            name,
            colour,
            plan(spec.adapted).weighted_layers,
            history,
            spec.adapted.num_classes,
            spec.quantities,
        )
        for (name, spec, history), colour in zip(nets, colours, strict=True)
    ]


def _steering(lab: Lab, seen: Seen) -> None:
    if any(run.status == "paused" for run in seen.runs):
        _button("Resume", ":material/play_arrow:", lab.resume, seen)
    else:
        _button("Pause", ":material/pause:", lab.pause, seen)
    _button("Single step", ":material/skip_next:", lab.step, seen)


def _button(title: str, icon: str, action: Callable[[str], None], seen: Seen) -> None:
    if st.button(title, icon=icon, key=f"race_{title}"):
        try:
            action(seen.race_id)
            seen.refusal = ""
        except (StoreError, ValueError) as error:
            seen.refusal = f"{title} did nothing: {error}"


def _refusal(seen: Seen) -> None:
    """Stays until it is dismissed, or a press does something."""
    if not seen.refusal:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        say.error(seen.refusal)
        if st.button("Dismiss", key="race_dismiss"):
            seen.refusal = ""
            st.rerun(scope="fragment")


def _pictures(contestants: Sequence[Contestant], steps: int, step: int, key: str) -> None:
    names = " against ".join(contestant.name for contestant in contestants)
    with st.container(key="race_pictures"):
        hero, curves = st.columns([3, 2], gap="medium")
    with hero:
        figure = gradient_by_layer(contestants, step)
        alt = f"Gradient norm of each layer at step {step}: {names}"
        live_chart(figure, f"gradients-{key}", HERO_HEIGHT, alt=alt)
        note(ABOUT_GRADIENTS)
    with curves:
        figure = _all_steps(training_curves(contestants), steps)
        alt = f"Training loss and accuracy by step: {names}"
        live_chart(figure, f"curves-{key}", HERO_HEIGHT, alt=alt)
        note(ABOUT_CURVES)
    st.header("Gradient norm by layer and step", anchor=False)
    figure = _all_steps(gradient_heatmaps(contestants), steps)
    alt = f"Gradient norm of each layer at every step, as heat maps: {names}"
    live_chart(figure, f"maps-{key}", MAPS_HEIGHT, alt=alt)
    note(ABOUT_MAPS)


def _all_steps(figure: go.Figure, steps: int) -> go.Figure:
    """Axes as long as the race will be: they stay still, and show how far it is."""
    return figure.update_xaxes(range=[-0.5, max(1, steps) - 0.5])
