"""What is said of a race's outcome: how each net ended, and why nets are not ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.learning import is_little
from resnet_viz.findings.words.phrases import percent, percents, span
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


OUTCOME_WORDS: Mapping[str, Words] = MappingProxyType(
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
    }
)
"""A claim's kind -> how it is said."""
