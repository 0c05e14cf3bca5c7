"""Run again: the same race once more, from the same seeds, from the next ones, or from more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from resnet_viz.data.registry import offered
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.pages.race.state import RaceView, expire, is_together, open_race
from resnet_viz.ui.pages.race.view_url import NEXT, SETTINGS, unfold
from resnet_viz.ui.session import begun_race
from resnet_viz.ui.session.access import is_owner
from resnet_viz.ui.session.public import is_gallery

SEEDS = 5
"""What a race may have at most; from four on an exact test can reach 5 %."""


def again(lab: Lab, view: RaceView, *, may_steer: bool) -> None:
    """Draw the buttons that run the race again; if it is under way, and this session's own, it
    ends."""
    if is_gallery() or any(run.is_watched for run in view.runs):
        return
    if not (view.is_over or may_steer):
        return
    with st.popover("Again", icon=":material/replay:", help="Run again with the same settings."):
        if not view.is_over:
            st.markdown("This will stop the current race.")
        for title, specs in (
            ("Same seed", [run.spec for run in view.runs]),
            ("Next seed", _next(view.runs)),
        ):
            seeds = ", ".join(str(seed) for seed in dict.fromkeys(spec.seed for spec in specs))
            if st.button(f"{title}: {seeds}", key=f"race_again_{title}"):
                _begin(lab, view, specs)


def begin(
    lab: Lab, race: RaceSpec | Sequence[RunSpec], pace: float | None, instead_of: str = ""
) -> None:
    """Start a race, which stops the one that it is `instead_of`, if any; from the next run of the
    script on, this session shows and steers it.

    Raises:
        StoreError, ValueError: as `Lab.race`.
    """
    begun_race.begin(lab, race, pace, instead_of)
    take_begun()


def take_begun() -> None:
    """Show the race that was just started, even if the run of the script that started it was cut
    short."""
    begun_race.show(_open)


def _open(race_id: str) -> None:
    open_race(race_id)
    for panel in (NEXT, SETTINGS):
        unfold(panel, is_open=False)


def _begin(lab: Lab, view: RaceView, specs: Sequence[RunSpec]) -> None:
    try:
        if not is_owner() and not {spec.dataset for spec in specs} <= set(offered()):
            raise ValueError(
                "its images are in a folder that only the owner of this server may use"
            )
        begin(lab, specs, view.runs[0].pace, "" if view.is_over else view.race_id)
        expire(lab, view.race_id)
    except (StoreError, ValueError) as error:
        view.refusal = f"Again did nothing: {error}"
        return
    st.rerun()


def _next(runs: Sequence[Run]) -> Sequence[RunSpec]:
    """The same from seeds that are all new: those after the last one."""
    seeds = sorted({run.seed for run in runs})
    new = {seed: (seeds[-1] + 1 + place) % 2**32 for place, seed in enumerate(seeds)}
    return [run.spec.model_copy(update={"seed": new[run.seed]}) for run in runs]


def more_seeds(lab: Lab, view: RaceView) -> None:
    """Draw the button that races the nets from five seeds if they had fewer; it starts a new
    race."""
    race = _seeds_race(view)
    if race is None or is_gallery():
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


MORE_STEPS, SMALLER_RATE = "more steps", "smaller rate"
_REMEDIES: Mapping[str, tuple[str, str]] = {
    MORE_STEPS: ("Run again with twice the steps", ":material/fast_forward:"),
    SMALLER_RATE: ("Run again with a tenth of the learning rate", ":material/speed:"),
}


def try_again(lab: Lab, view: RaceView, remedy: str) -> None:
    """Draw the button that races the nets again with a `remedy`, where such a race may be run."""
    if remedy not in _REMEDIES or is_gallery() or any(run.is_watched for run in view.runs):
        return
    with suppress(ValueError):  # more steps than a run may have
        specs = [_remedied(run.spec, remedy) for run in view.runs]
        label, icon = _REMEDIES[remedy]
        if st.button(label, icon=icon, key="race_remedy", type="primary"):
            _begin(lab, view, specs)


def _remedied(spec: RunSpec, remedy: str) -> RunSpec:
    change: dict[str, Any] = {"lr": spec.lr / 10}
    if remedy == MORE_STEPS:
        change = {"steps": 2 * spec.steps}
    return RunSpec.model_validate(spec.model_dump() | change)


def _seeds_race(view: RaceView) -> RaceSpec | None:
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
