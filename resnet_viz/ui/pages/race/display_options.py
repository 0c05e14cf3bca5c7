"""Display options of a race's charts: which of several seeds, the loss axis, smoothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil, floor

import streamlit as st

from resnet_viz.figures.training_curves import Curves
from resnet_viz.findings.contestant import Contestant, Window, net_of
from resnet_viz.lab.race_feed import Look
from resnet_viz.stage.told import nets_of
from resnet_viz.store.run import Run

SEEDS, SCALE, SMOOTH = "race_seeds_shown", "race_loss_axis", "race_smoothing"
TOGETHER, EACH = "median", "each"
SCALES: Mapping[str, str] = {"log": "logarithmic", "linear": "linear"}
SMOOTHINGS: Mapping[str, str] = {
    "1": "off",
    "5": "5 steps",
    "10": "10 steps",
    "25": "25 steps",
    "100": "100 steps",
}
_ALONE, _NEW = "seed-", "race_seeds_are_new"
DEFAULTS: Mapping[str, str] = {SEEDS: TOGETHER, SCALE: "log", SMOOTH: "1"}

ABOUT_SEEDS = (
    "Of several seeds lines are the median, and the light ground goes from the least to the "
    "largest value; maps and graphs show the median."
)


def chosen_nets(look: Look, runs: Sequence[Contestant]) -> Sequence[Contestant]:
    """The nets that the charts show: the medians, each run, or those of the one chosen seed."""
    chosen = _seeds_chosen(look.runs)
    if chosen == TOGETHER:
        return look.once("nets", lambda: nets_of(look, runs))
    seed = chosen_seed(look.runs)
    return [one for run, one in zip(look.runs, runs, strict=True) if seed in (None, run.seed)]


def chosen_seed(runs: Sequence[Run]) -> int | None:
    """The seed that is shown alone; None for all of them."""
    chosen = _seeds_chosen(runs)
    return None if chosen in (TOGETHER, EACH) else int(chosen.removeprefix(_ALONE))


def seeds_options(runs: Sequence[Run]) -> Mapping[str, str]:
    """The ways to show several seeds: as one, each, or one seed alone that every net has.

    Nothing to choose where each net has one seed.
    """
    nets, seeds = {net_of(run) for run in runs}, Counter(run.seed for run in runs)
    if len(runs) == len(nets):
        return {}
    alone = [seed for seed in sorted(seeds) if seeds[seed] == len(nets)]
    return {
        TOGETHER: "median and range",
        EACH: "each seed",
        **{f"{_ALONE}{seed}": f"seed {seed} alone" for seed in alone},
    }


def seeds_box(runs: Sequence[Run]) -> bool:
    """Draw the choice of seeds if a net has several; returns whether it was changed just now."""
    options = seeds_options(runs)
    if st.session_state.get(SEEDS) not in options:
        st.session_state.pop(SEEDS, None)  # of a race that has such a seed
    if not options:
        return False
    st.selectbox(
        "Seeds",
        list(options),
        format_func=options.__getitem__,
        key=SEEDS,
        label_visibility="collapsed",
        width=190,
        on_change=lambda: st.session_state.update({_NEW: True}),
        persist_state="session",
    )
    return bool(st.session_state.pop(_NEW, False))


def curves_box() -> None:
    """Draw the loss axis and the smoothing, folded away."""
    with st.popover("Axis and smoothing", icon=":material/show_chart:", key="race_curves_box"):
        segments("Loss axis", SCALES, SCALE, DEFAULTS[SCALE])
        segments("Smoothing, mean of", SMOOTHINGS, SMOOTH, DEFAULTS[SMOOTH])


def segments(
    title: str, options: Mapping[str, str], key: str, default: str, *, shows_title: bool = True
) -> str | None:
    """Draw a choice of options, by their words, beside each other; returns the chosen one."""
    return st.segmented_control(
        title,
        list(options),
        default=None if key in st.session_state else default,
        required=True,
        format_func=options.__getitem__,
        key=key,
        label_visibility="visible" if shows_title else "collapsed",
        persist_state="session",
    )


def curves_drawn() -> Curves:
    """The choice of loss axis and smoothing."""
    return Curves(_chosen(SCALE), int(_chosen(SMOOTH)))


def window_of(place: str, race: str) -> Window:
    """The steps that this session looks at in a chart that leaves steps out; None for all."""
    window: Window = st.session_state.get(f"window_{place}_{race}")
    return window


def look_closely(place: str, race: str, ends: tuple[float, float] | None) -> None:
    """Set the steps that this session looks at in a chart."""
    st.session_state[f"window_{place}_{race}"] = (
        None if ends is None else (max(0, floor(min(ends))), max(0, ceil(max(ends))))
    )


def about_curves(contestants: Sequence[Contestant]) -> str:
    """Remarks on the curves as they are drawn; "" for none."""
    text = ""
    if any("eval_loss" in one.history.quantities for one in contestants):
        text += " Open markers are held-out images, which the nets are not trained on."
    if curves_drawn().mean_of > 1:
        text += " Thick lines are the mean of so many steps up to each; thin ones are the "
        text += "minibatches' own."
    return text


def _seeds_chosen(runs: Sequence[Run]) -> str:
    chosen = _chosen(SEEDS)
    return chosen if chosen in seeds_options(runs) else TOGETHER


def _chosen(key: str) -> str:
    return str(st.session_state.get(key) or DEFAULTS[key])
