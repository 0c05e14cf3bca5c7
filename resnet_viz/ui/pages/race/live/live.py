"""Live part of the Race page: the stage, and the charts below that follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from secrets import token_hex
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
from resnet_viz.stage import status
from resnet_viz.stage.message import whole_message
from resnet_viz.stage.words import WORDS
from resnet_viz.ui.components.component import tell_news
from resnet_viz.ui.components.stages import stage_view
from resnet_viz.ui.pages.race import display_options, view_url
from resnet_viz.ui.pages.race.lesions import Lesions, click_box
from resnet_viz.ui.pages.race.live import pictures
from resnet_viz.ui.pages.race.live.controls import TITLES, refusal, steer
from resnet_viz.ui.pages.race.live.removal import obey_removal, removal
from resnet_viz.ui.pages.race.race_access import steers
from resnet_viz.ui.pages.race.state import RaceView, key_of, look
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box

_DRAWN, _WISHED, _REMOVED = "race_drawn_as", "race_wished", "race_was_removed"
_IN_A_GALLERY = "Open a race on the Runs page to see it here"
_PRESENT_CSS = Path(__file__).with_name("present.css")


def race_stage(lab: Lab, view: RaceView, *, may_steer: bool, is_alone: bool = False) -> None:
    """Draw the stage of the race, with nothing below it where `is_alone`."""
    stage_view.wake()
    st.fragment(_stage)(lab, view.race_id, may_steer, is_alone, token_hex(4))


def presented(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the projector view of a race (`?present=1`): its stage alone, driven by keys."""
    st.html(_PRESENT_CSS)
    race_stage(lab, view, may_steer=may_steer, is_alone=True)


def race_charts(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the charts of the race; again when the user chooses something else."""
    st.fragment(_charts)(lab, view.race_id, may_steer)


def preview(specs: Sequence[RunSpec]) -> None:
    """Draw stage and charts of a race before there is any data: nets, axes, explanations.

    They are where a race has them: the browser then keeps them as the race begins.
    """
    if too_many := pictures.too_many_layers(plan(spec.adapted).depth for spec in specs):
        message_box.info(too_many)
        return
    colours = contestant_colours([spec.adapted for spec in specs])
    contestants = list(map(_before, specs, colours))
    stage_view.wake()
    with st.container():
        message = whole_message(contestants, specs[0].steps)
        stage_view.stage_before(
            message | {"sentence": _IN_A_GALLERY if is_gallery() else WORDS["starts"]}
        )
    with st.container():
        with st.container(horizontal=True, key="race_step_row"):
            view_url.fold("Blocks and operations", view_url.GRAPHS)
        shown = pictures.Shown("", specs[0].steps, 0, GRADIENT)
        pictures.pictures(Look(), contestants, shown, has_graphs=view_url.is_open(view_url.GRAPHS))


def _before(spec: RunSpec, colour: str) -> Contestant:
    """A net before it has any record."""
    net = plan(spec.adapted)
    return Contestant(
        spec.display_name,
        colour,
        net.weighted_layers,
        History(),
        spec.adapted.num_classes,
        blocks=tuple(block.name for block in net.blocks),
        config=spec.adapted,
    )


def contestants_of(view: RaceView) -> Sequence[Contestant]:
    """The runs of a race, as the plots see them."""
    return view.look.once("contestants", lambda: contestants_in(view.look))


def _stage(lab: Lab, race_id: str, may_steer: bool, is_alone: bool, run: str) -> None:
    view = look(lab, race_id)
    pointer = stage_view.pointer_of(key_of(race_id))
    stage_view.stage_view(
        race_id,
        pointer,
        _chosen_quantity(),
        steers=may_steer and not view.is_over,
        is_alone=is_alone,
        run=run,
        on_wish=partial(_obey, lab, view),
        removal=None if is_alone else removal(lab, view, contestants_of(view), may_steer=may_steer),
    )
    for problem in filter(None, [*map(status.why_over, view.runs), view.look.problem]):
        message_box.error(problem)
    refusal(view)
    view_url.write_view(race_id)
    if st.session_state.pop(_REMOVED, False) and (
        view_url.is_open(view_url.GRAPHS) or view_url.is_open(view_url.DIAGNOSIS)
    ):
        st.rerun()  # they show it, too
    if st.session_state.pop(_WISHED, False):
        if view_url.is_presented() != is_alone:
            st.rerun()
        elif not is_alone:
            _news(view)


def _obey(lab: Lab, view: RaceView, wish: Mapping[str, Any]) -> None:
    """What a press on the stage, or its keys, asks for."""
    name, value = wish["name"], wish.get("value")
    if name == "remove":
        if view.is_over and steers(lab, view.race_id):
            obey_removal(lab, view, contestants_of(view), value or {})
            st.session_state[_REMOVED] = True
        return
    st.session_state[_WISHED] = name != "removal_news"
    if name in TITLES and steers(lab, view.race_id):
        steer(lab, view, name, value)
    elif name == "present":
        view_url.present(is_on=not view_url.is_presented())
    elif name == "quantity":
        st.session_state[view_url.QUANTITY] = value
    elif name == "why":
        view_url.unfold(view_url.WHY, is_open=True)
        st.session_state.pop(_DRAWN, None)  # the whole page is drawn with it


def _charts(lab: Lab, race_id: str, may_steer: bool) -> None:
    view = look(lab, race_id)
    runs = contestants_of(view)
    with st.container(horizontal=True, vertical_alignment="center", key="race_step_row"):
        _quantity_box(runs)
        if display_options.seeds_box(view.runs) and view_url.is_open(view_url.DIAGNOSIS):
            st.rerun()  # what stands below speaks of the chosen seed, too
        view_url.fold("Blocks and operations", view_url.GRAPHS)
        deletes = may_steer and view_url.is_open(view_url.GRAPHS) and click_box(lab, view)
    view_url.write_view(race_id)
    nets, shown = display_options.chosen_nets(view.look, runs), _shown(view)
    own = list(zip(view.runs, runs, strict=True))
    lesions = Lesions(lab, race_id, own, may_steer, deletes)
    pictures.pictures(view.look, nets, shown, lesions, has_graphs=view_url.is_open(view_url.GRAPHS))
    st.session_state[_DRAWN] = _frame(view, nets, shown)


def _news(view: RaceView) -> None:
    """One message with all that moves; where more has changed, the page is drawn anew."""
    runs = contestants_of(view)
    nets, shown = display_options.chosen_nets(view.look, runs), _shown(view)
    if st.session_state.get(_DRAWN) != _frame(view, nets, shown):
        st.rerun()
    news = pictures.pictures_news(
        view.look, nets, shown, has_graphs=view_url.is_open(view_url.GRAPHS)
    )
    with st.container(key="race_news"):
        tell_news(f"news_{shown.race}", news, stage_view.last_asked())


def _frame(view: RaceView, nets: Sequence[Contestant], shown: pictures.Shown) -> tuple[object, ...]:
    """What of the page is no component that takes news."""
    return (
        view.race_id,
        view.is_over,
        _quantities(contestants_of(view)),
        [(net.name, axis_of(nets, shown.quantity)) for net in nets],
        pictures.about_profile(nets, shown),
    )


def _shown(view: RaceView) -> pictures.Shown:
    """What this session looks at now."""

    def closer(of: Sequence[str], between: tuple[int, int]) -> Sequence[Contestant]:
        if view.feed is None:
            return display_options.chosen_nets(view.look, contestants_of(view))
        close = view.look
        for name in of:
            close = view.feed.closer(close, name, between)
        return display_options.chosen_nets(close, contestants_in(close))

    key = key_of(view.race_id)
    step = stage_view.pointer_of(key).step(max(0, view.look.newest))
    return pictures.Shown(key, view.look.steps, step, _chosen_quantity(), closer)


def _chosen_quantity() -> str:
    return st.session_state.get(view_url.QUANTITY) or GRADIENT


def _quantities(contestants: Sequence[Contestant]) -> Sequence[str]:
    """Those that a net of the race holds and that are drawn, and the gradient's norm."""
    names = dict.fromkeys(name for contestant in contestants for name in contestant.header)
    held = [name for name in names if axis_of(contestants, name) != "final"]
    return [GRADIENT, *(name for name in held if name != GRADIENT and not quantity(name).words)]


def _quantity_box(contestants: Sequence[Contestant]) -> None:
    """The quantity of the charts, one of those held; the stage shows it, too, where it can."""
    names = _quantities(contestants)
    if st.session_state.get(view_url.QUANTITY, GRADIENT) not in names:
        del st.session_state[view_url.QUANTITY]  # a link's, or that of a race that held it
    st.selectbox(
        "Charts below show",
        names,
        key=view_url.QUANTITY,
        format_func=lambda name: (
            f"{quantity(name).title} by {pictures.by(axis_of(contestants, name))}"
        ),
        label_visibility="collapsed",
        width=370,
        persist_state="session",
    )
