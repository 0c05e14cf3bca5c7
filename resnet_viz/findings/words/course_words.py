"""What is said of a race's course: steps that stand out, who is sooner, what features become."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from resnet_viz.findings.claims.claim import Claim, Words
from resnet_viz.findings.words.phrases import how_sure, in_runs, one_or_both, over_seeds, span
from resnet_viz.text import count, number


def _layer_state(claim: Claim) -> str:
    layers, first = int(claim.values["layers"]), claim.details["first"]
    which = f"{count(layers, 'layer')} of {claim.name} ({first} first) are"
    if layers == 1:
        which = f"Layer {first} of {claim.name} is"
    return f"{which} marked{in_runs(claim)} as {claim.details['words']}."


def _degradation(claim: Claim) -> str:
    """Or that there is none."""
    is_there = claim.kind == "degradation"
    title, level = ("Degradation", "higher") if is_there else ("No degradation", "lower")
    text = (
        f"{title}: over {over_seeds(claim.evidence.runs)}, {_deeper(claim)} ends with the {level} "
        f"training loss, {span(claim, 'loss')} against {span(claim, 'other')}."
    )
    still = f" Its loss no longer falls ({_slope(claim)} over the second half)." if is_there else ""
    return f"{text}{still}"


def _deeper_behind(claim: Claim) -> str:
    is_one = claim.evidence.method == "one run"
    start = "In this run" if is_one else f"Over {over_seeds(claim.evidence.runs)},"
    text = (
        f"{start} {_deeper(claim)} is behind at step {claim.steps[1]:,}: a training loss of "
        f"{span(claim, 'loss')} against {span(claim, 'other')}"
    )
    falling = claim.values["falling"], claim.values["other_falling"]
    if falling == claim.evidence.runs:
        return f"{text}; both losses still fall."
    if falling[0]:
        return f"{text}; its loss still falls."
    return f"{text}." if is_one else f"{text}; its loss may still fall."


def _deeper(claim: Claim) -> str:
    return f"the deeper {claim.details['nets']} net, {claim.name},"


def _reached(claim: Claim) -> str:
    """After how many steps two nets come to a loss, and whether one is sooner."""
    values, runs, (one, other) = claim.values, claim.evidence.runs, claim.nets
    ours, theirs = (
        one_or_both(f"{values[f'{name}_low']:,.0f}", f"{values[f'{name}_high']:,.0f}")
        for name in ("steps", "other_steps")
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
        of = f"The features of {claim.name} {fate}{in_runs(claim, 'agree')}"
        ends = [
            [claim.values[f"{when}_{end}"] for end in ("low", "high")] for when in ("first", "last")
        ]
        if not all(map(isfinite, (*ends[0], *ends[1]))):
            return f"{of}, so their effective rank is not known."
        (first, last), ranks = claim.steps, [one_or_both(*map(number, pair)) for pair in ends]
        return (
            f"{of}: the median block's effective rank goes from {ranks[0]} at step "
            f"{first:,} to {ranks[1]} at step {last:,}."
        )

    return words


def _stands_still(claim: Claim) -> str:
    first, last = claim.steps
    return (
        f"The loss of {claim.name} stands still at {span(claim, 'loss')} over steps {first:,} "
        f"to {last:,}: no fall is found ({_slope(claim)})."
    )


def _slope(claim: Claim) -> str:
    slope, reach = claim.values["slope"], claim.values["slope_reach"]
    return f"{number(slope, 2)} ± {number(reach, 2)} per step"


COURSE_WORDS: Mapping[str, Words] = {
    "dead": lambda claim: (
        f"{claim.name} is dead from step {claim.values['step']:,.0f} on{in_runs(claim)}: the "
        f"gradient of {count(int(claim.values['layers']), 'layer')} is exactly 0."
    ),
    "layer state": _layer_state,
    "not finite": lambda claim: (
        f"The loss of {claim.name} was not finite in "
        f"{count(int(claim.values['count']), 'step')}, first at step "
        f"{claim.steps[0]:,}{in_runs(claim)}."
    ),
    "peak": lambda claim: (
        f"The loss of {claim.name} rose from {number(claim.values['first'])} to "
        f"{number(claim.values['peak'])} at step {claim.steps[0]:,}{in_runs(claim)}."
    ),
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
    "frozen": lambda claim: (
        f"{_stands_still(claim)} It is frozen: a step changes the median layer's weights by "
        f"{span(claim, 'update')} of their size."
    ),
    "still falls": lambda claim: (
        f"The loss of {claim.name} still falls over steps {claim.steps[0]:,} to "
        f"{claim.steps[1]:,} ({_slope(claim)})."
    ),
}
"""A claim's kind -> how it is said."""
