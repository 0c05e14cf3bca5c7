"""The part of the Race page that moves: progress, pictures, and the step that they show."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

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
from resnet_viz.ui.components.component_update import tell_news
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
from resnet_viz.ui.pages.race.live.present import keys
from resnet_viz.ui.pages.race.live.progress import progress, progress_data
from resnet_viz.ui.pages.race.state import Seen, key_of, look
from resnet_viz.ui.pages.race.view_url import DIAGNOSIS, QUANTITY, is_open, is_presented, write_view
from resnet_viz.ui.widgets import message_box

UPDATE_SECONDS = 0.5
MOST_SECONDS = 0.8
"""For which the first point of a race that was begun just now is waited for."""
FIRST_SECONDS = 0.03
_DRAWN = "race_drawn_as"
_ABOVE = 3
"""Elements of `_view` above its pictures."""


def live_race(lab: Lab, seen: Seen, *, may_steer: bool) -> None:
    """Draws the race; once more when a hand changes something, or where `live_news` asks for it."""
    st.fragment(_view)(lab, seen.race_id, may_steer)


def live_news(lab: Lab, seen: Seen, *, may_steer: bool) -> None:
    """Keeps telling the race's components, while it goes on, what is new; they are on the page.

    It is the last on the page: the first news are waited for, while the browser draws the rest.
    """
    if seen.is_over:
        return
    if is_new(seen):
        _await_first_point(lab, seen.race_id)
    with st.container(key="race_news"):
        st.fragment(_news, run_every=UPDATE_SECONDS)(lab, seen.race_id, may_steer)


def is_new(seen: Seen) -> bool:
    """Whether it was begun just now: its first point is soon to come."""
    age = time.time() - max(run.created for run in seen.runs)
    return 0 <= age < MOST_SECONDS  # the clock may have been set back


def _await_first_point(lab: Lab, race_id: str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while look(lab, race_id).look.newest < 0 and time.monotonic() < end:
        time.sleep(FIRST_SECONDS)


def preview(specs: Sequence[RunSpec]) -> None:
    """The race's pictures before there is anything to show: axes, colours, explanations.

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
            classes,
            config=spec.adapted,
        )
        for spec, colour in zip(specs, colours, strict=True)
        for classes in (spec.adapted.num_classes,)
    ]
    with st.container():
        for _ in range(_ABOVE):
            st.empty()
        pictures(Look(), contestants, Shown("", specs[0].steps, 0, GRADIENT))


def contestants_of(seen: Seen) -> Sequence[Contestant]:
    """The runs of a race as the plots want them."""
    return seen.look.once("contestants", lambda: contestants_in(seen.look))


def _view(lab: Lab, race_id: str, may_steer: bool) -> None:
    seen = look(lab, race_id)
    progress(seen, contestants_of(seen))
    for problem in _problems(seen):
        message_box.error(problem)
    step_control(**_step_settings(seen, may_steer=may_steer)._asdict())
    if is_presented():
        keys(lab, seen, may_steer=may_steer)
    runs = contestants_of(seen)
    with st.container(horizontal=True, vertical_alignment="center", key="race_step_row"):
        _quantity_box(runs)
        if display_options.seeds_box(seen.runs) and is_open(DIAGNOSIS):
            st.rerun()  # what stands below speaks of the chosen seed, too
        if may_steer and not seen.is_over and not is_presented():
            controls(lab, seen)
        deletes = may_steer and click_box(lab, seen)
    write_view(race_id)
    refusal(seen)
    nets, shown = display_options.chosen_nets(seen.look, runs), _shown(seen)
    own = list(zip(seen.runs, runs, strict=True))
    pictures(seen.look, nets, shown, Lesions(lab, race_id, own, may_steer, deletes))
    st.session_state[_DRAWN] = _frame(seen, nets, shown)


def _news(lab: Lab, race_id: str, may_steer: bool) -> None:
    """One message with all that moves; where more has changed, the page is drawn anew."""
    seen = look(lab, race_id)
    runs = contestants_of(seen)
    nets, shown = display_options.chosen_nets(seen.look, runs), _shown(seen)
    if seen.is_over or st.session_state.get(_DRAWN) != _frame(seen, nets, shown):
        st.rerun()
    parts = (
        progress_data(seen, runs),
        step_data(**_step_settings(seen, may_steer=may_steer)._asdict()),
    )
    news = {str(part["key"]): part for part in parts}
    tell_news(f"news_{shown.race}", {**news, **pictures_news(seen.look, nets, shown)})


def _frame(seen: Seen, nets: Sequence[Contestant], shown: Shown) -> tuple[object, ...]:
    """What of the view is no component that takes news."""
    return (
        seen.race_id,
        _problems(seen),
        [(run.status == "paused", run.pace) for run in seen.runs if not run.is_over],
        _quantities(contestants_of(seen)),
        [(net.name, axis_of(nets, shown.quantity)) for net in nets],
        about_profile(nets, shown),
    )


def _problems(seen: Seen) -> Sequence[str]:
    return list(filter(None, [*map(words.why_over, seen.runs), seen.look.problem]))


class _StepSettings(NamedTuple):
    race: str
    steps: int
    newest: int
    is_over: bool
    keys: str


def _step_settings(seen: Seen, *, may_steer: bool) -> _StepSettings:
    listens = ("all" if seen.is_over or not may_steer else "arrows") if is_presented() else ""
    key = key_of(seen.race_id)
    return _StepSettings(key, _steps(seen), seen.look.newest, seen.is_over, listens)


def _steps(seen: Seen) -> int:
    return max(run.steps or run.steps_done for run in seen.runs)


def _shown(seen: Seen) -> Shown:
    """What this session looks at now."""

    def closer(of: Sequence[str], between: tuple[int, int]) -> Sequence[Contestant]:
        if seen.feed is None:
            return display_options.chosen_nets(seen.look, contestants_of(seen))
        close = seen.look
        for name in of:
            close = seen.feed.closer(close, name, between)
        return display_options.chosen_nets(close, contestants_in(close))

    key = key_of(seen.race_id)
    step = pointer_of(key).step(max(0, seen.look.newest))
    name = st.session_state.get(QUANTITY) or GRADIENT
    return Shown(key, _steps(seen), step, name, closer)


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
