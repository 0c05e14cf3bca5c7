"""Degradation: a deeper net with the higher training loss at the end (He et al. 2015, fig. 1).

It is said of nets that differ in depth alone and were trained alike, where the shallower one has
learnt in every run, where they differ over seeds by the race's own comparison, and where the
deeper one's losses no longer fall: no fall is found in any of its runs over the second half of the
steps, and even the steepest one that the slope's error allows would not close the gap over as many
steps again. Else the deeper net is behind, and it is said that its loss still falls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from resnet_viz.arch.config import differences
from resnet_viz.arch.plan import plan
from resnet_viz.findings.claims.claim import Claim, Evidence, ends
from resnet_viz.findings.claims.comparison import steps_of
from resnet_viz.findings.claims.learning import Standing
from resnet_viz.findings.claims.recipes import alike

APART = ("ahead", "learns more")


def degradation(nets: Sequence[Standing], compared: Sequence[Claim]) -> Iterator[Claim]:
    """Claims about each pair of nets that differ in depth alone; `compared` says which of them
    differ."""
    ahead = {claim.nets: claim for claim in compared if claim.kind in APART}
    known = [(net, net.net.config) for net in nets if net.net.config is not None]
    known.sort(key=lambda pair: plan(pair[1]).depth)
    for (net, config), (deeper, other) in combinations(known, 2):
        is_family = set(differences(config, other)) == {"depths"}
        if plan(config).depth == plan(other).depth or not is_family:
            continue
        has_outcomes = net.all_are("learnt") and deeper.all_are("learnt", "not learnt", "unclear")
        if alike(net.net, deeper.net) and has_outcomes and (claim := _claim(net, deeper, ahead)):
            yield claim


def _claim(net: Standing, deeper: Standing, ahead: Mapping[tuple[str, ...], Claim]) -> Claim | None:
    ours, theirs = net.losses, deeper.losses
    gap = min(theirs) - max(ours)
    names, runs = (deeper.name, net.name), (deeper.runs, net.runs)
    values = {**ends("loss", theirs), **ends("other", ours)}
    values["falling"] = float(sum(course.still_falls for course in deeper.courses))
    values["other_falling"] = float(sum(course.still_falls for course in net.courses))
    steps = (deeper.courses[0].late_steps[0], steps_of((net, deeper))[1])
    plain = net.net.config is not None and net.net.config.shortcut == "none"
    details = {"nets": "plain" if plain else "residual"}
    if better := ahead.get((deeper.name, net.name)):
        kind, evidence = "no degradation", better.evidence
    elif gap > 0 and (worse := ahead.get((net.name, deeper.name))):
        slopes = [course.late_slope for course in deeper.courses]
        values["slope"] = float(np.mean([slope.value for slope in slopes if slope] or [np.nan]))
        values["slope_reach"] = max((slope.reach for slope in slopes if slope), default=np.nan)
        has_stopped = all(s is not None and not s.falls and s.most_fall < gap for s in slopes)
        kind, evidence = "degradation" if has_stopped else "deeper behind", worse.evidence
    elif gap > 0 and _is_apart(net, deeper):
        kind, evidence = "deeper behind", Evidence("one run", runs)
    else:
        return None
    return Claim(kind, names, "loss", steps, values, evidence, details=details)


def _is_apart(net: Standing, deeper: Standing) -> bool:
    """Whether the runs' own intervals are apart, of one run each."""
    if net.runs > 1 or deeper.runs > 1:
        return False
    ours, theirs = net.courses[0].end.loss, deeper.courses[0].end.loss
    return ours is not None and theirs is not None and ours.high < theirs.low
