"""The press that makes a comparison of a single run: the same nets from more seeds."""

from __future__ import annotations

import streamlit as st

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.again import begin
from resnet_viz.ui.pages.race.state import Seen, is_together

SEEDS = 5
"""What a race may have at most; from four on an exact test can reach 5 %."""


def more_seeds(lab: Lab, seen: Seen) -> None:
    """A button that races the nets from five seeds, where they had fewer; it begins a new race."""
    race = seeds_race(seen)
    if race is None:
        return
    if st.button(
        f"Race again with {SEEDS} seeds",
        icon=":material/casino:",
        key="race_more_seeds",
        help=f"Trains each net from {SEEDS} seeds, so that the nets can be compared. "
        f"Takes about {SEEDS // len({run.seed for run in seen.runs})} times as long.",
    ):
        try:
            begin(lab, race, seen.runs[0].pace)
        except (StoreError, ValueError) as error:
            seen.refusal = f"The race was not started: {error}"
            return
        st.rerun()


def seeds_race(seen: Seen) -> RaceSpec | None:
    """The race on show from five seeds; None where it has so many, one net, or no settings."""
    runs = seen.runs
    seeds = list(dict.fromkeys(run.seed for run in runs))
    if is_together(seen.race_id) or any(run.is_watched for run in runs) or len(seeds) >= SEEDS - 1:
        return None
    firsts = {run.contestant: run.spec for run in reversed(runs)}
    if len(firsts) < 2:
        return None
    new = (seed for seed in range(seeds[0], seeds[0] + 2 * SEEDS) if seed not in seeds)
    chosen = [*seeds, *(next(new) % 2**32 for _ in range(SEEDS - len(seeds)))]
    contestants = tuple(firsts[place] for place in sorted(firsts))
    return RaceSpec(contestants=contestants, seeds=tuple(chosen))
