"""The same race once more, from the same seeds or from the next ones."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.data.registry import offered
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.pages.race.state import Seen, expire, open_race
from resnet_viz.ui.pages.race.view_url import NEXT, SETTINGS, unfold
from resnet_viz.ui.session.access import asker, is_owner, take_controls

_BEGUN = "race_begun"


def again(lab: Lab, seen: Seen, *, may_steer: bool) -> None:
    """Buttons that begin the race anew; one that is under way, and this session's own, ends."""
    if any(run.is_watched for run in seen.runs) or not (seen.is_over or may_steer):
        return
    with st.popover("Again", icon=":material/replay:", help="The same nets and settings anew."):
        if not seen.is_over:
            st.markdown("The race on show is stopped.")
        for title, specs in (("Same seed", _specs(seen.runs)), ("Next seed", _next(seen.runs))):
            seeds = ", ".join(str(seed) for seed in dict.fromkeys(spec.seed for spec in specs))
            if st.button(f"{title}: {seeds}", key=f"race_again_{title}"):
                _begin(lab, seen, specs)


def begin(lab: Lab, race: RaceSpec | Sequence[RunSpec], pace: float | None) -> None:
    """Begins a race that this session looks at from the next run of the script on, and steers.

    Raises:
        StoreError, ValueError: as `Lab.race`.
    """
    # A second press may end this run of the script wherever it touches the session. So the list is
    # there before the race, and what is in it has begun.
    begun: list[str] = st.session_state.setdefault(_BEGUN, [])
    if not begun:
        begun.append(lab.race(race, pace=pace, asker=asker(lab)))
    take_begun()


def take_begun() -> None:
    """Looks at the race that was begun just now, also where the run that began it was cut short."""
    begun: list[str] = st.session_state.get(_BEGUN, [])
    if begun:
        open_race(begun[0])
        take_controls(begun[0])
        for panel in (NEXT, SETTINGS):
            unfold(panel, is_open=False)
        begun.clear()


def _begin(lab: Lab, seen: Seen, specs: Sequence[RunSpec]) -> None:
    try:
        _check_data(specs)
        if not seen.is_over:
            lab.stop(seen.race_id)
            expire(lab, seen.race_id)
        begin(lab, specs, seen.runs[0].pace)
    except (StoreError, ValueError) as error:
        seen.refusal = f"Again did nothing: {error}"
        return
    st.rerun()


def _check_data(specs: Sequence[RunSpec]) -> None:
    """ValueError where another than the owner would train on a folder that is offered to nobody."""
    if not is_owner() and not {spec.dataset for spec in specs} <= set(offered()):
        raise ValueError("its images are in a folder that only the owner of this server may use")


def _specs(runs: Sequence[Run]) -> Sequence[RunSpec]:
    return [run.spec for run in runs]


def _next(runs: Sequence[Run]) -> Sequence[RunSpec]:
    """The same from seeds that are all new: those after the last one."""
    seeds = sorted({run.seed for run in runs})
    new = {seed: (seeds[-1] + 1 + place) % 2**32 for place, seed in enumerate(seeds)}
    return [run.spec.model_copy(update={"seed": new[run.seed]}) for run in runs]
