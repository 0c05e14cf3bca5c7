"""What is said of a race's outcome: how each net ended, and why nets are not ranked."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.findings.claims.claim import Claim, Words
from resnet_viz.findings.claims.learning import is_little
from resnet_viz.findings.words.phrases import percent, percents, span
from resnet_viz.text import and_words, count, number

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
    return f"{claim.name} has learnt{little}{_in_runs(claim)}: {levels(claim)}{_when(claim)}."


def _guess(claim: Claim) -> tuple[str, str]:
    """The loss and the accuracy of guessing."""
    return number(claim.values["guess_loss"], 3), percent(claim.values["guess_accuracy"])


def _not_learnt(claim: Claim) -> str:
    loss, share = _guess(claim)
    return (
        f"{claim.name} has not learnt{_in_runs(claim, 'any of')}: {levels(claim)}{_when(claim)}. "
        f"Guessing gives a loss of {loss} and {share}."
    )


def _unclear(claim: Claim) -> str:
    values = claim.values
    if "loss" not in values:
        return f"{claim.name} cannot be judged: a loss at the end is not finite."
    loss, share = _guess(claim)
    better, other = f"training accuracy is better than guessing ({share})", f"loss ({loss})"
    if values.get("accuracy_low", 0.0) <= values["guess_accuracy"]:
        better, other = f"loss is better than guessing ({loss})", f"accuracy ({share})"
    return (
        f"Whether {claim.name} has learnt{_in_runs(claim)} is unclear: {levels(claim)}"
        f"{_when(claim)}. Only the {better} by more than its interval, the {other} is not."
    )


def _in_runs(claim: Claim, which: str = "all") -> str:
    (runs,) = claim.evidence.runs
    return "" if runs == 1 else f" in {which} {runs} runs"


def _diverged(claim: Claim) -> str:
    (runs,), step = claim.evidence.runs, claim.values["diverged_first"]
    text = f"{claim.name} diverged{_in_runs(claim)}{', first' if runs > 1 else ''} at step"
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
    return f"Of {runs} runs of {claim.name}, {and_words(counts)}.{loss}"


_STATES: Mapping[str, str] = {
    "learnt": "learnt",
    "not_learnt": "did not learn",
    "unclear": "cannot be judged",
    "diverged": "diverged",
    "too_early": "had too few steps",
    "unknown": "ended",
}


def _steps(claim: Claim) -> str:
    return count(int(claim.values["steps"]), "step")


def _trained_differently(claim: Claim) -> str:
    they = "those that were" if claim.values["compared"] else "they"
    settings = claim.details["settings"]
    return f"The nets were trained differently ({settings}), so {they} are not ranked."


OUTCOME_WORDS: Mapping[str, Words] = {
    "learnt": _learnt,
    "not learnt": _not_learnt,
    "unclear": _unclear,
    "diverged": _diverged,
    "mixed": _mixed,
    "too early": lambda claim: (
        f"After {_steps(claim)} it is too early to say how {claim.name} does."
    ),
    "ended": lambda claim: f"{claim.name} ended at a {levels(claim)}{_when(claim)}.",
    "trained differently": _trained_differently,
    "no step": lambda claim: f"{claim.name} ended without a step.",
    "ended early": lambda claim: f"{claim.name} ended after {_steps(claim)} and is not compared.",
    "still training": lambda claim: (
        f"{claim.name} is still training, after {_steps(claim)}, and is not compared yet."
    ),
}
"""A claim's kind -> how it is said."""
