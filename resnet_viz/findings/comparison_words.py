"""What is said of nets that were compared over seeds: the words of the claims in comparison.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from resnet_viz.findings.claim import Claim
from resnet_viz.findings.phrases import how_sure, over_seeds, span
from resnet_viz.text import number

Words = Callable[[Claim], str]


def _ahead(claim: Claim) -> str:
    return (
        f"Over {over_seeds(claim.evidence.runs)}, {claim.nets[0]} ends with a lower training loss "
        f"than {claim.nets[1]}: {span(claim, 'loss')} against {span(claim, 'other_loss')} "
        f"({how_sure(claim)})."
    )


def _level(claim: Claim) -> str:
    low, high = (number(end, 2) for end in claim.evidence.interval or (1.0, 1.0))
    return (
        f"Over {over_seeds(claim.evidence.runs)}, {claim.nets[0]} and {claim.nets[1]} are level: "
        f"the ratio of their training losses is {low} to {high}."
    )


def _undecided(claim: Claim) -> str:
    return (
        f"Over {over_seeds(claim.evidence.runs)} it is undecided which net ends lower: "
        f"{claim.nets[0]} at a training loss of {span(claim, 'loss')}, {claim.nets[1]} at "
        f"{span(claim, 'other_loss')} ({how_sure(claim)})."
    )


def _learns_more(claim: Claim) -> str:
    return (
        f"Over {over_seeds(claim.evidence.runs)}, {_counts(claim)}: training losses of "
        f"{span(claim, 'loss')} against {span(claim, 'other_loss')} ({how_sure(claim)})."
    )


def _learning_undecided(claim: Claim) -> str:
    return f"{_counts(claim)}, which does not settle how they compare ({how_sure(claim)})."


def _counts(claim: Claim) -> str:
    names, runs, values = claim.nets, claim.evidence.runs, claim.values
    said = [
        _of(int(values[name]), all_runs)
        for name, all_runs in zip(("learnt", "other"), runs, strict=True)
    ]
    return f"{names[0]} learns in {said[0]} and {names[1]} in {said[1]}"


def _of(found: int, runs: int) -> str:
    if found in (0, runs):
        return f"all {runs} runs" if found else "none"
    return f"{found} of {runs}"


COMPARISON_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "ahead": _ahead,
        "level": _level,
        "undecided": _undecided,
        "learns more": _learns_more,
        "learning undecided": _learning_undecided,
    }
)
"""A claim's kind -> how it is said."""
