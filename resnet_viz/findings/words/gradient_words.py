"""Gradient words: sentences for the claims of gradient_claims.py."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Words
from resnet_viz.findings.words.phrases import one_or_both
from resnet_viz.measurements.base.verdict import ALIKE, ratio_words
from resnet_viz.text import count


def _flow_words(claim: Claim) -> str:
    """The gradient at the blocks' inputs."""
    (name,), values = claim.nets, claim.values
    (runs,) = claim.evidence.runs
    word = claim.kind.removeprefix("gradient ")
    of_seeds = "" if values["agree"] == runs else f" (in {values['agree']:.0f} of {runs} seeds)"
    opening = f"The gradient of {name} {word}"
    if word in ("is 0", "is not finite"):
        return (
            f"{opening} at the first or the last block's input at step "
            f"{claim.steps[0]}{of_seeds}, so nothing can be said about its growth."
        )
    way = "" if word == "keeps its size" else " on its way back to the input"
    text = (
        f"{opening}{way}{of_seeds}: at step {claim.steps[0]} it is {_range_words(values, 'ratio')} "
        f"times as large at the first block's input as at the last's{_rate_words(claim)}."
    )
    if "late_low" not in values:
        return text
    if not np.isfinite([values["late_low"], values["late_high"]]).all():
        return f"{text} At step {claim.steps[1]} one of the two is 0 or not finite."
    return f"{text} At step {claim.steps[1]} it is {_range_words(values, 'late')} times."


def _rate_words(claim: Claim) -> str:
    values, explained = claim.values, claim.evidence.r_squared
    if "rate_low" in values:
        fit = f" (fit over {count(int(values['layers']), 'layer')}, R² {_floor(explained)})"
        rates = one_or_both(f"{values['rate_low']:.2f}x", f"{values['rate_high']:.2f}x")
        return f", {rates} per layer{fit}"
    stages = [rate for name, rate in values.items() if name.startswith("stage_")]
    if stages:
        each = ", ".join(f"{rate:.2f}x" for rate in stages)
        return f", by {each} per layer in stages 1 to {len(stages)}"
    if explained is not None:
        return f"; no single factor per layer fits (R² {_floor(explained)})"
    return ""


def _floor(explained: float | None) -> str:
    """R squared, never rounded up to a fit that is none, or to a perfect one."""
    return f"{np.floor(1000 * (explained or 0.0)) / 1000:.3g}"


def _weight_words(claim: Claim) -> str:
    """The weights' gradients, as what they are."""
    values = claim.values
    text = f"The weight gradient of {claim.name}'s first layer is "
    text += _times(values, "start", f"at step {claim.steps[0]}")
    if "late_low" in values:
        text += f", and {_times(values, 'late', _over(claim))}"
    return f"{text}."


def _times(values: Mapping[str, float], name: str, when: str) -> str:
    if not np.isfinite([values[f"{name}_low"], values[f"{name}_high"]]).all():
        return f"not comparable with the last layer's {when} (one is 0 or not finite)"
    return f"{_range_words(values, name)} times the last layer's {when}"


def _over(claim: Claim) -> str:
    return f"over steps {claim.values['late_from']:.0f} to {claim.steps[1]}"


def _against_words(claim: Claim) -> str:
    """One net's weight gradients against another's."""
    (other, net), values = claim.nets, claim.values
    layers = values["layers"]
    which = f"median over {layers:.0f} layers" if np.isfinite(layers) else "medians over the layers"
    parts = [f"at step {claim.steps[0]} {_factor(values, 'start')}"]
    if "late_low" in values:
        parts.append(f"{_over(claim)} {_factor(values, 'late')}")
    return f"Weight gradients of {other} compared with {net}'s ({which}): {'; '.join(parts)}."


def _factor(values: Mapping[str, float], name: str) -> str:
    low, high = values[f"{name}_low"], values[f"{name}_high"]
    if not np.isfinite([low, high]).all():
        return "not comparable (0 or not finite)"
    if low >= ALIKE:
        return f"{_range_words(values, name)} times larger"
    if high <= 1 / ALIKE:
        return f"{_between(1 / high, 1 / low)} times smaller"
    if low > 1 / ALIKE and high < ALIKE:
        return f"about the same ({_range_words(values, name)} times)"
    return f"{_range_words(values, name)} times"


def _range_words(values: Mapping[str, float], name: str) -> str:
    return _between(values[f"{name}_low"], values[f"{name}_high"])


def _between(low: float, high: float) -> str:
    return one_or_both(ratio_words(low), ratio_words(high))


_FLOWS = ("explodes", "grows", "keeps its size", "shrinks", "vanishes", "is 0", "is not finite")
GRADIENT_WORDS: Mapping[str, Words] = {
    **dict.fromkeys((f"gradient {word}" for word in _FLOWS), _flow_words),
    "weight gradients": _weight_words,
    "weight gradients between": _against_words,
}
"""How each kind of claim about gradients is said."""
