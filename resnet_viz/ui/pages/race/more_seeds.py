"""More seeds: a button that makes a comparison of a single run."""

from __future__ import annotations

import streamlit as st

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.again import begin
from resnet_viz.ui.pages.race.state import RaceView, is_together

SEEDS = 5
"""What a race may have at most; from four on an exact test can reach 5 %."""


def more_seeds(lab: Lab, view: RaceView) -> None:
    """Draw the button that races the nets from five seeds if they had fewer; it starts a new
    race."""
    race = seeds_race(view)
    if race is None:
        return
    if st.button(
        f"Race again with {SEEDS} seeds",
        icon=":material/casino:",
        key="race_more_seeds",
        help=f"Trains each net from {SEEDS} seeds, so that the nets can be compared. "
        f"Takes about {SEEDS // len({run.seed for run in view.runs})} times as long.",
    ):
        try:
            begin(lab, race, view.runs[0].pace)
        except (StoreError, ValueError) as error:
            view.refusal = f"The race was not started: {error}"
            return
        st.rerun()


def seeds_race(view: RaceView) -> RaceSpec | None:
    """The race on show from five seeds; None if it has that many, one net, or no settings."""
    runs = view.runs
    seeds = list(dict.fromkeys(run.seed for run in runs))
    if is_together(view.race_id) or any(run.is_watched for run in runs) or len(seeds) >= SEEDS - 1:
        return None
    firsts = {run.contestant: run.spec for run in reversed(runs)}
    if len(firsts) < 2:
        return None
    new = (seed for seed in range(seeds[0], seeds[0] + 2 * SEEDS) if seed not in seeds)
    chosen = [*seeds, *(next(new) % 2**32 for _ in range(SEEDS - len(seeds)))]
    contestants = tuple(firsts[place] for place in sorted(firsts))
    return RaceSpec(contestants=contestants, seeds=tuple(chosen))
