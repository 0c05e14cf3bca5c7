"""Live part of the Race page: progress, charts, and the step that they show."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from resnet_viz.arch.plan import plan
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.figures.layer_profile import axis_of
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import GRADIENT, Contestant, contestants_in
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities import quantity
from resnet_viz.quantities.records import History
from resnet_viz.ui.components.component import tell_news
from resnet_viz.ui.components.step_control import pointer_of, step_control, step_data
from resnet_viz.ui.pages.race import display_options, words
from resnet_viz.ui.pages.race.lesions import Lesions, click_box
from resnet_viz.ui.pages.race.live.controls import controls, refusal
from resnet_viz.ui.pages.race.live.pictures import (
    Shown,
    about_profile,
    by,
    pictures,
    pictures_news,
    too_many_layers,
)
from resnet_viz.ui.pages.race.live.progress import progress, progress_data
from resnet_viz.ui.pages.race.state import RaceView, key_of, look
from resnet_viz.ui.pages.race.view_url import DIAGNOSIS, QUANTITY, is_open, write_view
from resnet_viz.ui.widgets import message_box

UPDATE_SECONDS = 0.5
MOST_SECONDS = 0.8
"""For which the first point of a race that was begun just now is waited for."""
FIRST_SECONDS = 0.03
_DRAWN = "race_drawn_as"
_ABOVE = 3
"""Elements of `_view` above its pictures."""


def live_race(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the race; again when the user changes something, or `live_news` asks for it."""
    st.fragment(_view)(lab, view.race_id, may_steer)


def live_news(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Keep sending the race's components their updates while it goes on; they are on the page.

    It is the last on the page: the first news are waited for, while the browser draws the rest.
    """
    if view.is_over:
        return
    if is_new(view):
        end = time.monotonic() + MOST_SECONDS
        while look(lab, view.race_id).look.newest < 0 and time.monotonic() < end:
            time.sleep(FIRST_SECONDS)
    with st.container(key="race_news"):
        st.fragment(_news, run_every=UPDATE_SECONDS)(lab, view.race_id, may_steer)


def is_new(view: RaceView) -> bool:
    """Whether the race has just started, so that its first point is soon to come."""
    age = time.time() - max(run.created for run in view.runs)
    return 0 <= age < MOST_SECONDS  # the clock may have been set back


def preview(specs: Sequence[RunSpec]) -> None:
    """Draw the charts of a race before there is any data: axes, colours, explanations.

    They are where `_view` has them: the browser then keeps them as the race begins.
    """
    if too_many := too_many_layers(plan(spec.adapted).depth for spec in specs):
        message_box.info(too_many)
        return
    colours = contestant_colours([spec.adapted for spec in specs])
    contestants = [
        Contestant(
            spec.display_name,
            colour,
            plan(spec.adapted).weighted_layers,
            History(),
            spec.adapted.num_classes,
            config=spec.adapted,
        )
        for spec, colour in zip(specs, colours, strict=True)
    ]
    with st.container():
        for _ in range(_ABOVE):
            st.empty()
        pictures(Look(), contestants, Shown("", specs[0].steps, 0, GRADIENT))


def contestants_of(view: RaceView) -> Sequence[Contestant]:
    """The runs of a race, as the plots see them."""
    return view.look.once("contestants", lambda: contestants_in(view.look))


def _view(lab: Lab, race_id: str, may_steer: bool) -> None:
    view = look(lab, race_id)
    progress(view, contestants_of(view))
    for problem in _problems(view):
        message_box.error(problem)
    step_control(key_of(race_id), _step_data(view))
    runs = contestants_of(view)
    with st.container(horizontal=True, vertical_alignment="center", key="race_step_row"):
        _quantity_box(runs)
        if display_options.seeds_box(view.runs) and is_open(DIAGNOSIS):
            st.rerun()  # what stands below speaks of the chosen seed, too
        if may_steer and not view.is_over:
            controls(lab, view)
        deletes = may_steer and click_box(lab, view)
    write_view(race_id)
    refusal(view)
    nets, shown = display_options.chosen_nets(view.look, runs), _shown(view)
    own = list(zip(view.runs, runs, strict=True))
    pictures(view.look, nets, shown, Lesions(lab, race_id, own, may_steer, deletes))
    st.session_state[_DRAWN] = _frame(view, nets, shown)


def _news(lab: Lab, race_id: str, may_steer: bool) -> None:
    """One message with all that moves; where more has changed, the page is drawn anew."""
    view = look(lab, race_id)
    runs = contestants_of(view)
    nets, shown = display_options.chosen_nets(view.look, runs), _shown(view)
    if view.is_over or st.session_state.get(_DRAWN) != _frame(view, nets, shown):
        st.rerun()
    parts = progress_data(view, runs), _step_data(view)
    news = {str(part["key"]): part for part in parts}
    tell_news(f"news_{shown.race}", {**news, **pictures_news(view.look, nets, shown)})


def _frame(view: RaceView, nets: Sequence[Contestant], shown: Shown) -> tuple[object, ...]:
    """What of the view is no component that takes news."""
    return (
        view.race_id,
        _problems(view),
        [(run.status == "paused", run.pace) for run in view.runs if not run.is_over],
        _quantities(contestants_of(view)),
        [(net.name, axis_of(nets, shown.quantity)) for net in nets],
        about_profile(nets, shown),
    )


def _problems(view: RaceView) -> Sequence[str]:
    return list(filter(None, [*map(words.why_over, view.runs), view.look.problem]))


def _step_data(view: RaceView) -> Mapping[str, Any]:
    race, newest = key_of(view.race_id), view.look.newest
    return step_data(race, _steps(view), newest, is_over=view.is_over)


def _steps(view: RaceView) -> int:
    return max(run.steps or run.steps_done for run in view.runs)


def _shown(view: RaceView) -> Shown:
    """What this session looks at now."""

    def closer(of: Sequence[str], between: tuple[int, int]) -> Sequence[Contestant]:
        if view.feed is None:
            return display_options.chosen_nets(view.look, contestants_of(view))
        close = view.look
        for name in of:
            close = view.feed.closer(close, name, between)
        return display_options.chosen_nets(close, contestants_in(close))

    key = key_of(view.race_id)
    step = pointer_of(key).step(max(0, view.look.newest))
    name = st.session_state.get(QUANTITY) or GRADIENT
    return Shown(key, _steps(view), step, name, closer)


def _quantities(contestants: Sequence[Contestant]) -> Sequence[str]:
    """Those that a net of the race holds and that are drawn, and the gradient's norm."""
    names = dict.fromkeys(name for contestant in contestants for name in contestant.header)
    held = [name for name in names if axis_of(contestants, name) != "final"]
    return [GRADIENT, *(name for name in held if name != GRADIENT and not quantity(name).words)]


def _quantity_box(contestants: Sequence[Contestant]) -> None:
    """The quantity to show: one of those that a net of the race holds."""
    names = _quantities(contestants)
    if st.session_state.get(QUANTITY, GRADIENT) not in names:
        del st.session_state[QUANTITY]  # a link's, or that of a race that held it
    st.selectbox(
        "Quantity",
        names,
        key=QUANTITY,
        format_func=lambda name: f"{quantity(name).title} by {by(axis_of(contestants, name))}",
        label_visibility="collapsed",
        width=370,
        persist_state="session",
    )
