"""The race's settings: widgets on one side, the runs they stand for on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.lab.datasets import DATASETS
from resnet_viz.lab.spec import RunSpec
from resnet_viz.ui.common.devices import device_box
from resnet_viz.ui.common.net import FROM_ARCHITECTURE, TWIN, asked_race, shown_net, twin_of
from resnet_viz.ui.race.memory import CHECKPOINTING

DEFAULT_NET = "resnet56-cifar"


@dataclass(frozen=True)
class Choice:
    """What the widgets say: the contestants and the training that they share."""

    first: str
    second: str
    training: dict[str, Any]


def settings() -> tuple[Choice, DeltaGenerator]:
    """Draws the widgets, two rows of them; what they say, and the place for the main button."""
    row = st.columns([5, 5, 3, 4, 4], vertical_alignment="bottom")
    with row[0]:
        first = _select("First net", _net_names(), "first_net", DEFAULT_NET)
    with row[1]:
        second = _select("Second net", [TWIN, *_net_names()], "second_net", TWIN)
    with row[2]:
        dataset = _select("Data", list(DATASETS), "dataset", "digits")
    with row[3]:
        device = device_box("race_device")
    training = _training() | {"dataset": dataset, "device": device}
    return Choice(first, second, training), row[4]


def specs(choice: Choice) -> tuple[RunSpec, RunSpec]:
    """The two runs of `choice`, named after their nets.

    Raises:
        ValueError: for settings that cannot run; `explain` turns it into one line.
    """
    first = _config(choice.first)
    second = twin_of(first) if choice.second == TWIN else _config(choice.second)
    names = [label(first), label(second)]
    if names[0] == names[1]:
        names[1] += " (second)"
    one, other = (
        RunSpec(config=config, name=name, **choice.training)
        for config, name in zip((first, second), names, strict=True)
    )
    return one, other


def check(choice: Choice) -> tuple[tuple[RunSpec, RunSpec] | None, str]:
    """The runs of `choice` and "", or None and a sentence that says what is wrong with it."""
    try:
        return specs(choice), ""
    except ValueError as error:
        return None, explain(error)


def comparison(first: RunSpec, second: RunSpec) -> str:
    """What differs between two contestants, and how many parameters each has (Markdown)."""
    counts = [plan(spec.adapted).params for spec in (first, second)]
    same = ", the same" if counts[0] == counts[1] else ""
    params = f"Parameters: **{counts[0]:,}** and **{counts[1]:,}**{same}."
    return f"{_difference(first.adapted, second.adapted)} {params}"


def _difference(first: ResNetConfig, second: ResNetConfig) -> str:
    changed = [
        f"**{field}** ({getattr(first, field)} and {getattr(second, field)})"
        for field in ResNetConfig.model_fields
        if getattr(first, field) != getattr(second, field)
    ]
    if changed:
        return f"The nets differ in {', '.join(changed)} and in nothing else."
    return (
        f"Both nets are the same{' plain net' if first.shortcut == 'none' else ''}: started from "
        "one seed and fed the same minibatches, they should draw the same curves."
    )


def _training() -> dict[str, Any]:
    row = st.columns([17 / 5] * 5 + [4], vertical_alignment="bottom")
    fields: dict[str, Any] = {}
    for column, (field, title, step, form) in zip(row, _NUMBERS, strict=False):
        with column:
            fields[field] = _number(title, field, step, form)
    with row[-1], st.popover("More settings", width="stretch"):
        return fields | _more()


_NUMBERS = (
    ("steps", "Steps", 10, "%d"),
    ("batch_size", "Batch size", 16, "%d"),
    ("lr", "Learning rate", 0.01, "%g"),
    ("momentum", "Momentum", 0.05, "%g"),
    ("seed", "Seed", 1, "%d"),
)


def _more() -> dict[str, Any]:
    size = st.number_input(
        "Image size",
        value=None,
        step=1,
        placeholder="the data's own",
        help="Pixels a side; the images are resized to it. Empty: the data's own size.",
        key="race_image_size",
        persist_state="session",
    )
    return {
        "image_size": size,
        "optimizer": _select("Optimiser", ["sgd", "adam", "adamw"], "optimizer", "sgd"),
        "weight_decay": _number("Weight decay", "weight_decay", 0.0001, "%g"),
        "warmup_steps": _number("Warm-up steps", "warmup_steps", 5, "%d"),
        "activation_checkpointing": st.checkbox(
            "Activation checkpointing",
            help="Keep fewer activations and compute them once more: the same numbers in less "
            "memory, and about a third more time.",
            key=CHECKPOINTING,
            persist_state="session",
        ),
    }


def _select(title: str, options: Sequence[str], field: str, default: str) -> str:
    key = f"race_{field}"
    # A value that another page set must not meet a default: Streamlit would warn of both.
    index = 0 if key in st.session_state else list(options).index(default)
    name: str = st.selectbox(title, options, index=index, key=key, persist_state="session")
    return name


def _number(title: str, field: str, step: float, form: str) -> float:
    number: float = st.number_input(
        title,
        value=RunSpec.model_fields[field].default,
        step=step,
        format=form,
        key=f"race_{field}",
        persist_state="session",
    )
    return number


def _net_names() -> list[str]:
    own = [FROM_ARCHITECTURE] if shown_net() else []
    return list(dict.fromkeys([*own, *map(label, asked_race()), *PRESETS]))


def _config(name: str) -> ResNetConfig:
    if name != FROM_ARCHITECTURE:
        return next((net for net in asked_race() if label(net) == name), None) or preset(name)
    config = shown_net()
    if config is None:
        raise ValueError(f"first net = {name!r} is gone; choose it again on that page")
    return config
