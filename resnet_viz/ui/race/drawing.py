"""How a race's pictures are drawn: several seeds as one net, the loss axis, smoothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from types import MappingProxyType

import streamlit as st

from resnet_viz.lab.feed import Look
from resnet_viz.plots.contestant import Window, net_of
from resnet_viz.plots.race import Contestant, Curves, median_and_range

SEEDS, SCALE, SMOOTH = "race_seeds_shown", "race_loss_axis", "race_smoothing"
TOGETHER, EACH = "median", "each"
SEEDS_OPTIONS: Mapping[str, str] = MappingProxyType(
    {TOGETHER: "median and range", EACH: "each seed"}
)
SCALES: Mapping[str, str] = MappingProxyType({"log": "logarithmic", "linear": "linear"})
SMOOTHINGS: Mapping[str, str] = MappingProxyType(
    {"1": "off", "5": "5 steps", "10": "10 steps", "25": "25 steps", "100": "100 steps"}
)
DEFAULTS: Mapping[str, str] = MappingProxyType({SEEDS: TOGETHER, SCALE: "log", SMOOTH: "1"})

ABOUT_SEEDS = (
    "Of several seeds lines are the median, and the light ground goes from the least to the "
    "largest value; maps and graphs show the median."
)
ABOUT_HELD_OUT = "Open markers are held-out images, which the nets are not trained on."
ABOUT_SMOOTHING = (
    "Thick lines are the mean of so many steps up to each; thin ones are the minibatches' own."
)


def nets_of(look: Look, runs: Sequence[Contestant]) -> Sequence[Contestant]:
    """The nets: of several seeds one, the median of its runs, with their range."""
    found: dict[tuple[str, int], list[tuple[str, Contestant]]] = {}
    for run, one in zip(look.runs, runs, strict=True):
        found.setdefault(net_of(run), []).append((run.name, one))
    nets = []
    for own in found.values():
        net = median_and_range([one for _, one in own])
        nets.append(replace(net, name=f"{own[0][0]}, {len(own)} seeds") if len(own) > 1 else net)
    return nets


def chosen_nets(look: Look, runs: Sequence[Contestant]) -> Sequence[Contestant]:
    """What the pictures show: the nets, or each run where the session has chosen so."""
    nets = look.once("nets", lambda: nets_of(look, runs))
    return nets if _chosen(SEEDS) == TOGETHER else runs


def seeds_box(runs: Sequence[Contestant], nets: int) -> None:
    """Where a net has several seeds: whether they are shown as one or each."""
    if len(runs) > nets:
        st.segmented_control(
            "Seeds",
            list(SEEDS_OPTIONS),
            default=None if SEEDS in st.session_state else TOGETHER,
            required=True,
            format_func=SEEDS_OPTIONS.__getitem__,
            key=SEEDS,
            label_visibility="collapsed",
            persist_state="session",
        )


def curves_box() -> None:
    """The loss axis and the smoothing, folded away."""
    with st.popover("Axis and smoothing", icon=":material/show_chart:", key="race_curves_box"):
        for key, title, options in (
            (SCALE, "Loss axis", SCALES),
            (SMOOTH, "Smoothing, mean of", SMOOTHINGS),
        ):
            st.segmented_control(
                title,
                list(options),
                default=None if key in st.session_state else DEFAULTS[key],
                required=True,
                format_func=options.__getitem__,
                key=key,
                persist_state="session",
            )


def curves_drawn() -> Curves:
    """What the session has chosen there."""
    return Curves(_chosen(SCALE), int(_chosen(SMOOTH)))


def window_of(key: str) -> Window:
    """The steps that this session looks at in a chart that leaves steps out; None for all."""
    window: Window = st.session_state.get(f"window_{key}")
    return window


def look_closely(key: str, ends: tuple[float, float] | None) -> None:
    """This session looks at so much of a chart's steps from now on."""
    st.session_state[f"window_{key}"] = (
        None if ends is None else (max(0, floor(min(ends))), max(0, ceil(max(ends))))
    )


def about_curves(contestants: Sequence[Contestant]) -> str:
    """What is to be said of the curves as they are drawn; "" for nothing more."""
    said = [ABOUT_HELD_OUT] if any("eval_loss" in c.history.quantities for c in contestants) else []
    said += [ABOUT_SMOOTHING] if curves_drawn().mean_of > 1 else []
    return "".join(f" {sentence}" for sentence in said)


def _chosen(key: str) -> str:
    return str(st.session_state.get(key) or DEFAULTS[key])
