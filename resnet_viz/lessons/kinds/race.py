"""A lesson's race: begun like any other, and its facts from the records of its nets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import layer_profile, training_curves
from resnet_viz.figures.gradient_shares import gradient_shares
from resnet_viz.findings.claims.feature_collapse import RANK, median_ranks
from resnet_viz.findings.claims.learning import Standing, standings
from resnet_viz.findings.contestant import GRADIENT, Contestant, contestants_in, last_step
from resnet_viz.findings.gradient_flow import flow_at
from resnet_viz.findings.nets import nets_in
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.lessons.facts import UNDECIDED, Facts, Seen, in_words, most, percent
from resnet_viz.lessons.measurement_slots import RaceSlot
from resnet_viz.lru import LruDict
from resnet_viz.stage import status
from resnet_viz.store.run import Run

_FEEDS: LruDict[tuple[str, str], Feed] = LruDict(64)
_STATES: Mapping[str, str] = {
    "learnt": "learnt",
    "not learnt": "not_learnt",
    "diverged": "diverged",
}
_NAN = float("nan")


def begin(lab: Lab, slot: RaceSlot, asker: str) -> str:
    """Start the race; its id."""
    return lab.race(slot.spec(), asker=asker)


def look(lab: Lab, slot: RaceSlot, race_id: str) -> Seen:
    """The race as it stands.

    Raises:
        ValueError: for an id that is no race's any more, or another race's.
    """
    seen = _FEEDS.fetch((str(lab.home), race_id), lambda: Feed(lab, race_id)).look()
    if seen.is_gone:
        raise ValueError(seen.problem)
    if not is_of(slot, seen.runs):
        raise ValueError("the link's race is not this lesson's")
    contestants = seen.once("lesson", lambda: contestants_in(seen))
    problems = [why for run in seen.runs if (why := status.why_over(run))]
    has_facts = seen.is_over and not problems and all(len(one.history) for one in contestants)
    return Seen(
        float(np.mean([run.steps_done / max(1, run.steps) for run in seen.runs])),
        seen.is_over,
        seen.once("facts", lambda: facts(slot, contestants)) if has_facts else None,
        problems[0] if problems else "",
        figures(contestants),
    )


def is_of(slot: RaceSlot, runs: Sequence[Run]) -> bool:
    """Whether these are the runs that the slot describes."""
    return (
        not any(run.is_watched for run in runs)
        and tuple(run.spec for run in runs) == slot.spec().runs()
    )


def figures(contestants: Sequence[Contestant]) -> Mapping[str, Callable[[], go.Figure]]:
    """The figures of a race, by name."""
    last = last_step(contestants)
    return {
        "loss": partial(training_curves.training_curves, contestants),
        "gradients": partial(layer_profile.profile, contestants, 0, GRADIENT),
        "rank": partial(layer_profile.profile, contestants, last, RANK),
        "shares": partial(gradient_shares, contestants, 0),
    }


def facts(slot: RaceSlot, contestants: Sequence[Contestant]) -> Facts:
    """The facts of a race that is over, of which each run has a step."""
    nets = dict(zip(slot.nets, standings(nets_in(contestants)), strict=True))
    numbers = {"steps": str(slot.spec().contestants[0].steps)}
    numbers["guess"] = percent(1 / (contestants[0].classes or _NAN))
    for name, net in nets.items():
        numbers |= {
            f"loss_{name}": in_words(float(np.median(net.losses))),
            f"accuracy_{name}": percent(float(np.median([a for a, _, _ in _accuracies(net)]))),
            f"first_ratio_{name}": in_words(_median(_first_ratio(c.run) for c in net.courses), 2),
            f"rank_{name}": in_words(_median(_rank(course.run) for course in net.courses), 2),
        }
    outcomes = {f"state_{name}": _state(net) for name, net in nets.items()}
    return Facts(outcomes | {"best": _best(nets)}, numbers)


def _median(values: object) -> float:
    known = np.fromiter(values, float)  # type: ignore[call-overload]
    return float(np.median(known)) if len(known) else _NAN


def _state(net: Standing) -> str:
    states = {course.state for course in net.courses}
    return _STATES.get(states.pop(), "unclear") if len(states) == 1 else "unclear"


def _best(nets: Mapping[str, Standing]) -> str:
    """The one net that has learnt where all others have not, or the one whose accuracy is above all
    others', with every seed's 95 % interval; else undecided."""
    learnt = [name for name, net in nets.items() if net.all_are("learnt")]
    failed = [name for name, net in nets.items() if net.all_are("not learnt", "diverged")]
    if len(learnt) == 1 and len(failed) == len(nets) - 1:
        return learnt[0]
    if not learnt:
        return UNDECIDED
    ranges = {name: _accuracies(net) for name, net in nets.items()}
    spans = {
        name: (min(low for _, low, _ in own), max(high for _, _, high in own))
        for name, own in ranges.items()
    }
    best = most(spans)
    return best if best in learnt else UNDECIDED


def _accuracies(net: Standing) -> Sequence[tuple[float, float, float]]:
    """The accuracy of each run on unseen images (on minibatches where that was not measured), with
    its interval; 0 to 1 where it is not known."""
    ends = [course.end.held_out_accuracy or course.end.accuracy for course in net.courses]
    return [(_NAN, 0.0, 1.0) if end is None else (end.value, end.low, end.high) for end in ends]


def _first_ratio(run: Contestant) -> float:
    """The gradient at the first block's input over the last block's, at step 0."""
    flow = flow_at(run, 0)
    return _NAN if flow is None else flow.ratio


def _rank(run: Contestant) -> float:
    """The median block's effective rank, as last measured."""
    ranks = median_ranks(run).values
    return float(ranks[-1, 0]) if ranks.size else _NAN
