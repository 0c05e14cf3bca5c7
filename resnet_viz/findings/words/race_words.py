"""Race words: sentences for a race's outcome and course (the claims of race_summary.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.learning import is_little
from resnet_viz.findings.nets import Range
from resnet_viz.findings.words.phrases import (
    how_sure,
    in_runs,
    over_seeds,
    percent,
    percents,
    span,
    whole,
)
from resnet_viz.text import and_words, count, number

Words = Callable[[Claim], str]


_OF: Mapping[str, str] = {"held_out_accuracy": "held-out", "accuracy": "training"}
_IMAGES: Mapping[str, str] = {"held_out_accuracy": "held_out_images", "accuracy": "images"}


def levels(claim: Claim) -> str:
    """Loss and accuracy at the end: "training loss 0.059 (95 % interval 0.03 to 0.09), ..."."""
    values, (runs,) = claim.values, claim.evidence.runs
    parts = []
    kind = "95 % interval " if runs == 1 else "range "
    if "loss" in values:
        digits = 2 if values["loss"] < 1 else 3
        parts.append(
            f"training loss {number(values['loss'], digits)} ({kind}{span(claim, 'loss')})"
        )
    known = [name for name in _OF if name in values]
    # What a net has learnt is judged on what it was trained on; how well, on what it was not.
    for name in known[:1] if claim.kind == "learnt" else known[::-1]:
        images = f"{_OF[name]} images right"
        if claim.quantity == "final":
            images = f"{values[_IMAGES[name]]:,.0f} {images}"
        share = percents(values[f"{name}_low"], values[f"{name}_high"])
        parts.append(f"{percent(values[name])} of {images} ({share})")
    return ", ".join(parts) or "its loss is not finite"


def _when(claim: Claim) -> str:
    """What the levels are of."""
    if claim.details["measured"] == "after the last update":
        return ""
    first, last = claim.steps
    return f", over steps {first:,} to {last:,}" if last > first else f", at step {last:,}"


def _learnt(claim: Claim) -> str:
    values, little = claim.values, ""
    if "accuracy" in values and is_little(values["accuracy"], values["guess_accuracy"]):
        little = " little"
    return f"{claim.nets[0]} has learnt{little}{_in_all(claim)}: {levels(claim)}{_when(claim)}."


def _not_learnt(claim: Claim) -> str:
    return (
        f"{claim.nets[0]} has not learnt{_in_any(claim)}: {levels(claim)}{_when(claim)}. "
        f"{_guessing(claim)}"
    )


def _guessing(claim: Claim) -> str:
    values = claim.values
    loss, share = number(values["guess_loss"], 3), percent(values["guess_accuracy"])
    return f"Guessing gives a loss of {loss} and {share}."


def _unclear(claim: Claim) -> str:
    values = claim.values
    if "loss" not in values:
        return f"{claim.nets[0]} cannot be judged: a loss at the end is not finite."
    loss, share = number(values["guess_loss"], 3), percent(values["guess_accuracy"])
    better, other = f"training accuracy is better than guessing ({share})", f"loss ({loss})"
    if values.get("accuracy_low", 0.0) <= values["guess_accuracy"]:
        better, other = f"loss is better than guessing ({loss})", f"accuracy ({share})"
    return (
        f"Whether {claim.nets[0]} has learnt{_in_all(claim)} is unclear: {levels(claim)}"
        f"{_when(claim)}. Only the {better} by more than its interval, the {other} is not."
    )


def _in_all(claim: Claim) -> str:
    (runs,) = claim.evidence.runs
    return "" if runs == 1 else f" in all {runs} runs"


def _in_any(claim: Claim) -> str:
    (runs,) = claim.evidence.runs
    return "" if runs == 1 else f" in any of {runs} runs"


def _diverged(claim: Claim) -> str:
    (runs,), step = claim.evidence.runs, claim.values["diverged_first"]
    text = f"{claim.nets[0]} diverged{_in_all(claim)}{', first' if runs > 1 else ''} at step"
    if "loss" not in claim.values:
        return f"{text} {step:,.0f}: its loss is not finite at the end."
    losses = span(claim, "loss") if runs > 1 else number(claim.values["loss"], 2)
    return f"{text} {step:,.0f}: its loss never came back, and is {losses} at the end."


def _mixed(claim: Claim) -> str:
    (runs,) = claim.evidence.runs
    counts = [
        f"{claim.values[name]:.0f} {verb}" for name, verb in _STATES.items() if name in claim.values
    ]
    loss = f" Training losses at the end: {span(claim, 'loss')}." if "loss" in claim.values else ""
    return f"Of {runs} runs of {claim.nets[0]}, {and_words(counts)}.{loss}"


_STATES: Mapping[str, str] = {
    "learnt": "learnt",
    "not_learnt": "did not learn",
    "unclear": "cannot be judged",
    "diverged": "diverged",
    "too_early": "had too few steps",
    "unknown": "ended",
}


def _too_early(claim: Claim) -> str:
    steps = count(int(claim.values["steps"]), "step")
    return f"After {steps} it is too early to say how {claim.nets[0]} does."


def _ended(claim: Claim) -> str:
    return f"{claim.nets[0]} ended at a {levels(claim)}{_when(claim)}."


def _trained_differently(claim: Claim) -> str:
    settings = claim.details["settings"]
    they = "those that were" if claim.values["compared"] else "they"
    return f"The nets were trained differently ({settings}), so {they} are not ranked."


def _no_step(claim: Claim) -> str:
    return f"{claim.nets[0]} ended without a step."


def _ended_early(claim: Claim) -> str:
    steps = count(int(claim.values["steps"]), "step")
    return f"{claim.nets[0]} ended after {steps} and is not compared."


def _still_training(claim: Claim) -> str:
    steps = count(int(claim.values["steps"]), "step")
    return f"{claim.nets[0]} is still training, after {steps}, and is not compared yet."


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
    slope, reach = (number(claim.values[name], 2) for name in ("slope", "slope_reach"))
    return (
        f"Degradation: over {over_seeds(claim.evidence.runs)}, {_deeper(claim)} ends with the "
        f"higher training loss, {span(claim, 'loss')} against {span(claim, 'other')}. Its loss no "
        f"longer falls ({slope} ± {reach} per step over the second half)."
    )


def _no_degradation(claim: Claim) -> str:
    return (
        f"No degradation: over {over_seeds(claim.evidence.runs)}, {_deeper(claim)} ends with the "
        f"lower training loss, {span(claim, 'loss')} against {span(claim, 'other')}."
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
    values, runs = claim.values, claim.evidence.runs
    level = f"a training loss of {number(values['level'], 2)}"
    ours, theirs = (
        whole(values[f"{name}_low"], values[f"{name}_high"]) for name in ("steps", "other_steps")
    )
    text = f"{claim.nets[0]} reaches {level} after {ours} steps, {claim.nets[1]} after {theirs}"
    if min(runs) == 1:
        return f"In this run {text}."
    return f"{text}; {over_seeds(runs)} do not show which is sooner ({how_sure(claim)})."


def _sooner(claim: Claim) -> str:
    values, runs = claim.values, claim.evidence.runs
    ours, theirs = (
        whole(values[f"{name}_low"], values[f"{name}_high"]) for name in ("steps", "other_steps")
    )
    return (
        f"{claim.nets[0]} reaches a training loss of {number(values['level'], 2)} sooner than "
        f"{claim.nets[1]}: after {ours} steps against {theirs} ({over_seeds(runs)}, "
        f"{how_sure(claim)})."
    )


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


RACE_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "learnt": _learnt,
        "not learnt": _not_learnt,
        "unclear": _unclear,
        "diverged": _diverged,
        "mixed": _mixed,
        "too early": _too_early,
        "ended": _ended,
        "trained differently": _trained_differently,
        "no step": _no_step,
        "ended early": _ended_early,
        "still training": _still_training,
        "dead": _dead,
        "layer state": _layer_state,
        "not finite": _not_finite,
        "peak": _peak,
        "degradation": _degradation,
        "no degradation": _no_degradation,
        "deeper behind": _deeper_behind,
        "reached": _reached,
        "sooner": _sooner,
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
