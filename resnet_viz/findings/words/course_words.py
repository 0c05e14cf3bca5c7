"""What is said of a race's course: steps that stand out, who is sooner, what features become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.nets import Range
from resnet_viz.findings.words.phrases import how_sure, in_runs, over_seeds, span, whole
from resnet_viz.text import count, number

Words = Callable[[Claim], str]


def _dead(claim: Claim) -> str:
    values, (runs,) = claim.values, claim.evidence.runs
    layers = count(int(values["layers"]), "layer")
    return (
        f"{claim.nets[0]} is dead from step {values['step']:,.0f} on"
        f"{in_runs(values['runs'], runs)}: the gradient of {layers} is exactly 0."
    )


def _layer_state(claim: Claim) -> str:
    values, (runs,) = claim.values, claim.evidence.runs
    layers = count(int(values["layers"]), "layer")
    first = claim.details["first"]
    is_one = values["layers"] == 1
    which = (
        f"Layer {first} of {claim.nets[0]} is"
        if is_one
        else (f"{layers} of {claim.nets[0]} ({first} first) are")
    )
    return f"{which} marked{in_runs(values['runs'], runs)} as {claim.details['words']}."


def _not_finite(claim: Claim) -> str:
    values, (runs,) = claim.values, claim.evidence.runs
    times = count(int(values["count"]), "step")
    return (
        f"The loss of {claim.nets[0]} was not finite in {times}, first at step {claim.steps[0]:,}"
        f"{in_runs(values['runs'], runs)}."
    )


def _peak(claim: Claim) -> str:
    values, (runs,) = claim.values, claim.evidence.runs
    return (
        f"The loss of {claim.nets[0]} rose from {number(values['first'])} to "
        f"{number(values['peak'])} at step {claim.steps[0]:,}{in_runs(values['runs'], runs)}."
    )


def _degradation(claim: Claim) -> str:
    """Or that there is none."""
    is_there = claim.kind == "degradation"
    what, level = ("Degradation", "higher") if is_there else ("No degradation", "lower")
    text = (
        f"{what}: over {over_seeds(claim.evidence.runs)}, {_deeper(claim)} ends with the {level} "
        f"training loss, {span(claim, 'loss')} against {span(claim, 'other')}."
    )
    return (
        f"{text} Its loss no longer falls ({_slope(claim)} over the second half)."
        if is_there
        else text
    )


def _deeper_behind(claim: Claim) -> str:
    is_one = claim.evidence.method == "one run"
    start = "In this run" if is_one else f"Over {over_seeds(claim.evidence.runs)},"
    text = (
        f"{start} {_deeper(claim)} is behind at step {claim.steps[1]:,}: a training loss of "
        f"{span(claim, 'loss')} against {span(claim, 'other')}"
    )
    mine, others = claim.values["falling"], claim.values["other_falling"]
    both = mine == claim.evidence.runs[0] and others == claim.evidence.runs[1]
    if both:
        return f"{text}; both losses still fall."
    if mine:
        return f"{text}; its loss still falls."
    return f"{text}." if is_one else f"{text}; its loss may still fall."


def _deeper(claim: Claim) -> str:
    return f"the deeper {claim.details['nets']} net, {claim.nets[0]},"


def _reached(claim: Claim) -> str:
    """After how many steps two nets come to a loss, and whether one is sooner."""
    values, runs, (one, other) = claim.values, claim.evidence.runs, claim.nets
    ours, theirs = (
        whole(values[f"{name}_low"], values[f"{name}_high"]) for name in ("steps", "other_steps")
    )
    start = f"{one} reaches a training loss of {number(values['level'], 2)}"
    if claim.kind == "sooner":
        sure = f"{over_seeds(runs)}, {how_sure(claim)}"
        return f"{start} sooner than {other}: after {ours} steps against {theirs} ({sure})."
    text = f"{start} after {ours} steps, {other} after {theirs}"
    if min(runs) == 1:
        return f"In this run {text}."
    return f"{text}; {over_seeds(runs)} do not show which is sooner ({how_sure(claim)})."


def _features(fate: str) -> Words:
    def words(claim: Claim) -> str:
        values, (runs,) = claim.values, claim.evidence.runs
        of = f"The features of {claim.nets[0]} {fate}{in_runs(values['agree'], runs)}"
        ends = [values[f"{when}_{end}"] for when in ("first", "last") for end in ("low", "high")]
        if not all(map(isfinite, ends)):
            return f"{of}, so their effective rank is not known."
        first, last = claim.steps
        return (
            f"{of}: the median block's effective rank goes from {Range(*ends[:2])} at step "
            f"{first:,} to {Range(*ends[2:])} at step {last:,}."
        )

    return words


def _stands_still(claim: Claim) -> str:
    first, last = claim.steps
    return (
        f"The loss of {claim.nets[0]} stands still at {span(claim, 'loss')} over steps {first:,} "
        f"to {last:,}: no fall is found ({_slope(claim)})."
    )


def _frozen(claim: Claim) -> str:
    updates = span(claim, "update")
    return (
        f"{_stands_still(claim)} It is frozen: a step changes the median layer's weights by "
        f"{updates} of their size."
    )


def _still_falls(claim: Claim) -> str:
    first, last = claim.steps
    return (
        f"The loss of {claim.nets[0]} still falls over steps {first:,} to {last:,} "
        f"({_slope(claim)})."
    )


def _slope(claim: Claim) -> str:
    slope, reach = claim.values["slope"], claim.values["slope_reach"]
    return f"{number(slope, 2)} ± {number(reach, 2)} per step"


COURSE_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "dead": _dead,
        "layer state": _layer_state,
        "not finite": _not_finite,
        "peak": _peak,
        "degradation": _degradation,
        "no degradation": _degradation,
        "deeper behind": _deeper_behind,
        "reached": _reached,
        "sooner": _reached,
        "features collapse": _features("collapse"),
        "features collapsed": _features("are collapsed from the start"),
        "features come back": _features("collapse on the way and come back"),
        "features differ": _features("do not collapse"),
        "few directions": _features("differ in few directions, and yet it tells images apart"),
        "features not finite": _features("are not finite"),
        "stands still": _stands_still,
        "frozen": _frozen,
        "still falls": _still_falls,
    }
)
"""A claim's kind -> how it is said."""
