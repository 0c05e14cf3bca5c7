"""Layers without a value, each with the reason that the records give: unused, frozen, cleared, not
stepped, not hooked, not finite. Nothing there is not a bad number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence
from resnet_viz.findings.claims.learning import Course, Standing
from resnet_viz.quantities.layer_states import LAYER_STATE, LayerState, state_at, states_over


def layer_claims(net: Standing) -> Iterator[Claim]:
    """Claims about the states of layers at the end, one for each state but "measured"."""
    states_of_runs = [
        (course, states)
        for course in net.courses
        if (states := state_at(course.run.history, course.last)) is not None
    ]
    for state in LayerState:
        having = [(course, states) for course, states in states_of_runs if (states == state).any()]
        if state == LayerState.MEASURED or not having:
            continue
        course, states = having[0]
        names = course.run.along(LAYER_STATE).names
        where = np.flatnonzero(states == state)
        first = names[where[0]] if where[0] < len(names) else f"layer {where[0] + 1}"
        values = {"layers": float(len(where)), "among": float(len(states))}
        values["runs"] = float(len(having))
        details = {"state": state.name.lower(), "words": state.words, "first": first}
        evidence = Evidence("count", (net.runs,))
        about = "layer state", (net.name,), LAYER_STATE, (_since(course, state), course.last)
        yield Claim(*about, values, evidence, "gradients", details)


def _since(course: Course, state: LayerState) -> int:
    """The step from which on some layer is recorded as that, to the end."""
    history = course.run.history
    steps = history.series(LAYER_STATE).steps
    steps = steps[steps <= course.last]
    has = np.any(states_over(history, steps) == state, axis=1)
    others = np.flatnonzero(~has)
    return int(steps[others[-1] + 1 if len(others) else 0])
