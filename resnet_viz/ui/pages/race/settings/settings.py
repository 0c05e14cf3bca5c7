"""Settings of a race: their widgets, and what these stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.net_names import presets_by_paper
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.presets import PRESETS, label
from resnet_viz.experiments.starting_point import Entry
from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.ui.pages.race import settings_address, settings_url
from resnet_viz.ui.pages.race.settings import field_widgets
from resnet_viz.ui.pages.race.settings.contestants import Choice, automatic_size
from resnet_viz.ui.pages.race.settings.data_choice import data_box
from resnet_viz.ui.pages.race.settings.more_nets import more_nets
from resnet_viz.ui.pages.race.view_url import SETTINGS, fold, view_query
from resnet_viz.ui.session.net import FROM_ARCHITECTURE, TWIN, asked_race, shown_net, twin_of
from resnet_viz.ui.widgets.device_choice import device_box, lacking
from resnet_viz.ui.widgets.page_texts import note

EXPERIMENT = "race_experiment"
# An experiment is the same on any data, and however its memory is saved.
_KEPT = ("dataset", "activation_checkpointing")


def settings(*, beside: str = "") -> tuple[Choice, DeltaGenerator]:
    """Draw the widgets; returns the choice, and the place for the button that starts the race.

    The choice goes into the address, `beside` the race on show if there is one.
    """
    with st.container(key="race_settings", gap="small"):
        experiment = _experiment()
        row = st.columns([5, 5, 3, 4, 4], vertical_alignment="bottom")
        entries = experiment or ()
        with row[0]:
            name = field_widgets.select(
                "First net",
                _net_names(),
                "first_net",
                settings_url.DEFAULT_NET,
                is_off=bool(entries),
                shown=_titled,
            )
        first = _config(name)
        with row[1]:
            second = _second_box(first, is_off=bool(entries))
        with row[2], _folded("data"):
            dataset = data_box("race_dataset")
        with row[3], _folded("device"):
            device = device_box("race_device")
        start = row[4].container()
        with row[4], st.container(key="race_fold"):  # on narrow screens alone (page.css)
            fold("All settings", SETTINGS)
        base = entries or (Entry(first), *((Entry(second),) if second else ()))
        with _folded("nets"):
            added = more_nets(base)
        with _folded("training"):
            training = _training(automatic_size((*base, *added), dataset))
        training |= {"dataset": dataset}
        seeds, pace = st.session_state["race_seeds"], st.session_state["race_pace"] or None
        chosen = settings_url.Settings(
            st.session_state[EXPERIMENT],
            first,
            None if st.session_state["race_second_net"] == TWIN else second,
            training,
            is_alone=second is None,
            more=tuple(entry.config for entry in added),
            seeds=seeds,
            pace=pace,
            device=device,
        )
        _into_address(chosen, beside)
        return Choice((*base, *added), training | {"device": device}, seeds, pace), start


def _into_address(chosen: settings_url.Settings, beside: str) -> None:
    if problem := lacking("race_device"):
        settings_address.complain(problem, chosen)
    if beside:
        settings_address.keep_beside(beside, chosen)
    else:
        settings_address.write_address(chosen, view_query())


def _folded(name: str) -> DeltaGenerator:
    """A container of settings that narrow screens fold away: hidden there, and never taken away."""
    return st.container(key=f"race_folds_{name}", gap="small")


def _experiment() -> Sequence[Entry]:
    """Draw the experiments; returns the contestants of the one pressed, () for the boxes' nets."""
    name = st.pills(
        "Pick a ready-made experiment, or choose your own networks",
        list(starting_points()),
        key=EXPERIMENT,
        on_change=_set_defaults,
        persist_state="session",
    )
    if name is None:
        return ()
    experiment = starting_points()[name]
    departs = f" Here: {experiment.departs}" if experiment.departs else ""
    note(f"**{name}**: {experiment.look_for}{departs}")
    return experiment.entries


def _set_defaults() -> None:
    """Set the training that the pressed experiment was made for; it may then be changed."""
    name = st.session_state.get(EXPERIMENT)
    if name is not None:
        st.session_state[settings_address.MORE] = ()
        own = starting_points()[name].training
        training = settings_url.default_training(name)
        settings_address.set_values(
            {f: value for f, value in training.items() if f not in _KEPT or f in own}
        )


def _second_box(first: ResNetConfig, *, is_off: bool) -> ResNetConfig | None:
    kind = "residual" if first.shortcut == "none" else "plain"
    name = field_widgets.select(
        "Second net",
        [TWIN, settings_address.ALONE, *_net_names()],
        "second_net",
        TWIN,
        is_off=is_off,
        shown=lambda name: f"its {kind} twin" if name == TWIN else _titled(name),
    )
    if name == settings_address.ALONE:
        return None
    return twin_of(first) if name == TWIN else _config(name)


def _net_names() -> list[str]:
    """The nets to choose from: the session's, those another page sent here, the presets."""
    own = [FROM_ARCHITECTURE] if shown_net() else []
    return list(dict.fromkeys([*own, *map(label, asked_race()), *presets_by_paper()]))


def _titled(name: str) -> str:
    """A preset by its paper's name and its id."""
    return f"{paper_name(name)} · {name}" if name in PRESETS else name


def _config(name: str) -> ResNetConfig:
    if name != FROM_ARCHITECTURE:
        return next((net for net in asked_race() if label(net) == name), None) or PRESETS[name]
    own = shown_net()
    assert own  # it is offered only where there is one
    return own


def _training(size: int) -> dict[str, Any]:
    """Draw the settings of training; `size` is the images' size where none is chosen."""
    row = st.columns([17 / 6] * 6 + [4], vertical_alignment="bottom")
    fields: dict[str, Any] = {}
    for column, field in zip(row, ("steps", "batch_size", "lr", "seed"), strict=False):
        with column:
            fields[field] = field_widgets.setting_box(field)
    with row[4]:
        _seeds_box()
    with row[5]:
        fields["image_size"] = field_widgets.setting_box("image_size", empty=f"auto: {size}")
    with row[6], st.popover("More settings", width="stretch"):
        fields |= field_widgets.more_settings()
        field_widgets.pace_box()
        return fields


def _seeds_box() -> None:
    st.number_input(
        "Seeds each",
        min_value=1,
        max_value=settings_url.MOST_SEEDS,
        step=1,
        key="race_seeds",
        help="Each net is trained from so many seeds: the one before this and those after it. All "
        "nets of one seed see the same minibatches.",
        persist_state="session",
    )
