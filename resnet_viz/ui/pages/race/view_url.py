"""View URL: what a session looks at in a race, in the link:
`?race=...&quantity=dead_share&step=12&open=x`.

Before a race the same stands beside its settings, for the race that is begun next. Popovers are not
in it: they lie above the page, and close with the next click.

The step is written by the stage itself (stage_view.js), which moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from resnet_viz.quantities import quantities
from resnet_viz.store.run import Run
from resnet_viz.ui.components.stages.stage_view import Pointer, pointer_of
from resnet_viz.ui.pages.race import display_options
from resnet_viz.ui.pages.race.lesions import CLICK, CLICKS, OPENS
from resnet_viz.ui.pages.race.measurement_jobs import choose_weights, chosen_weights
from resnet_viz.ui.pages.race.removed import WITHOUT, are_blocks
from resnet_viz.ui.pages.race.settings_address import beside
from resnet_viz.ui.pages.race.state import WRITTEN, address_of, is_led, key_of

QUANTITY = "race_quantity"
NEXT, DIAGNOSIS, SETTINGS, GRAPHS = "next", "diagnosis", "settings", "graphs"
WHY = "why"
"""The panels with the settings of the next race, with what experts look at, with the settings that
narrow screens fold away, with the graphs of blocks and operations, and with the reasons of a
verdict."""
_OPEN, _PRESENT, _READ = "race_panels", "race_presented", "race_view_of"
_CHOICES: Mapping[str, tuple[str, Callable[[str, Sequence[Run]], bool]]] = {
    "quantity": (QUANTITY, lambda q, _: q in quantities() and not quantities()[q].words),
    "show": (
        display_options.SEEDS,
        lambda seeds, runs: seeds in display_options.seeds_options(runs),
    ),
    "axis": (display_options.SCALE, lambda scale, _: scale in display_options.SCALES),
    "smooth": (display_options.SMOOTH, lambda steps, _: steps in display_options.SMOOTHINGS),
    "click": (CLICK, lambda click, _: click in CLICKS),
    "without": (WITHOUT, lambda blocks, _: are_blocks(blocks)),
}
"""A parameter of the link: the key of its widget, and whether a race's runs have such a choice."""
_AT_FIRST: Mapping[str, str] = {QUANTITY: "grad_norm", CLICK: OPENS, **display_options.DEFAULTS}


def read_view(race_id: str, runs: Sequence[Run]) -> None:
    """Set the widgets from the link before they are drawn: once for a session and a race, and when
    the browser's history leads to it; the rest is as at first.

    `race_id` is "" before there is one.
    """
    is_anew = is_led(race_id)
    if st.session_state.get(_READ) == race_id and not is_anew:
        return
    st.session_state[_READ] = race_id
    if is_anew:
        choose_weights(race_id, None)
        st.session_state.update({**_AT_FIRST, _OPEN: frozenset(), _PRESENT: False})
    st.session_state.pop(WITHOUT, None)  # blocks of another race's nets
    query = st.query_params.to_dict()
    for name, (key, may_be_chosen) in _CHOICES.items():
        if name in query and may_be_chosen(query[name], runs):
            st.session_state[key] = query[name]
    if race_id:
        _point(race_id, runs, query, is_anew=is_anew)
    if race_id and (weights := _step_of(query, "weights")) is not None:
        choose_weights(race_id, min(weights, max(run.steps_done for run in runs)))
    if "present" in query:
        st.session_state[_PRESENT] = query["present"] == "1"
    if "open" in query:
        st.session_state[_OPEN] = frozenset(query["open"].split(","))
    if "click" in query:
        unfold(GRAPHS, is_open=True)  # where it is seen


def _point(race_id: str, runs: Sequence[Run], query: Mapping[str, str], *, is_anew: bool) -> None:
    """Set the step shown: that of the link, else the first of a recording, which it begins with."""
    pointer, step = pointer_of(key_of(race_id)), _step_of(query, "step")
    pointer.at_first = 0 if all(run.is_over for run in runs) else None
    has_removed = bool(st.session_state.get(WITHOUT))  # as is seen at the end
    step = pointer.at_first if step is None and not has_removed else step
    if step is not None:
        pointer.look_at(step)
    elif is_anew or has_removed:
        pointer.follow()


def write_view(race_id: str) -> None:
    """Write the current view into the link if it has changed.

    Otherwise the link is left alone: the browser's way back would lead forward again.
    """
    query = address_of(race_id) | view_query() | beside(race_id)
    if (weights := chosen_weights(race_id)) is not None:
        query["weights"] = str(weights)
    before = st.session_state.get(WRITTEN)
    st.session_state[WRITTEN] = query
    now = {key: text for key, text in st.query_params.to_dict().items() if key != "step"}
    if query not in (before, now):
        pointer: Pointer = pointer_of(key_of(race_id))
        step = None if pointer.follows else pointer.chosen
        is_said = step is not None and step != pointer.at_first
        st.query_params.from_dict(query | ({"step": str(step)} if is_said else {}))


def view_query() -> dict[str, str]:
    """The view for the link, except for the race and the step."""
    query = {}
    for name, (key, _) in _CHOICES.items():
        chosen = st.session_state.get(key)
        if chosen is not None and chosen != _AT_FIRST.get(key):
            query[name] = str(chosen)
    if opened := st.session_state.get(_OPEN):
        query["open"] = ",".join(sorted(opened))
    if is_presented():
        query["present"] = "1"
    return query


def _step_of(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def is_presented() -> bool:
    """Whether the page is in the projector view: large, and without settings."""
    return bool(st.session_state.get(_PRESENT))


def present(*, is_on: bool) -> None:
    """Switch the projector view on or off."""
    st.session_state[_PRESENT] = is_on


def is_open(name: str) -> bool:
    """Whether the panel is unfolded."""
    return name in st.session_state.get(_OPEN, ())


def unfold(name: str, *, is_open: bool) -> None:
    """Unfold a panel, or fold it away."""
    others = frozenset(st.session_state.get(_OPEN, ())) - {name}
    st.session_state[_OPEN] = others | {name} if is_open else others


def panel(title: str, name: str) -> ExpanderContainer:
    """A panel to unfold, whose state is in the link; `.open` says whether to fill it."""
    return st.expander(title, **_folding(name))


def fold(title: str, name: str) -> None:
    """A switch that unfolds a panel; its state is in the link."""
    st.toggle(title, **_folding(name))


def _folding(name: str) -> dict[str, Any]:
    key = f"race_panel_{name}"
    st.session_state[key] = is_open(name)
    return {"key": key, "on_change": lambda: unfold(name, is_open=bool(st.session_state[key]))}
