"""Comparison words: sentences for nets that were compared over seeds (the claims of
comparison.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.findings.claims.claim import Claim, Words
from resnet_viz.findings.words.phrases import how_sure, over_seeds, percent_of_level, span
from resnet_viz.text import and_words, number


def _level(claim: Claim) -> str:
    low, high = (number(end, 2) for end in claim.evidence.interval or (1.0, 1.0))
    return (
        f"Over {over_seeds(claim.evidence.runs)}, {claim.name} and {claim.nets[1]} are level: "
        f"the ratio of their training losses is {low} to {high}."
    )


def _counts(claim: Claim) -> str:
    (ours, theirs), values = claim.evidence.runs, claim.values
    learnt, other = _of(int(values["learnt"]), ours), _of(int(values["other"]), theirs)
    return f"{claim.name} learns in {learnt} and {claim.nets[1]} in {other}"


MOST_PAIRS = 3
"""Of nets that are told one by one."""


def grouped(claims: Sequence[Claim]) -> list[str]:
    """Many pairs in few sentences: by the net that is ahead, then the pairs that the seeds do not
    separate."""
    ahead: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        if claim.kind in BETTER:
            ahead.setdefault((claim.kind, claim.nets[0]), []).append(claim)
    texts = []
    for (kind, name), won in ahead.items():
        others = and_words([claim.nets[1] for claim in won])
        least = max(won, key=lambda claim: claim.evidence.p or 0.0)
        sure = how_sure(least).replace("p = ", "p at most ")
        if least.evidence.p is None:
            sure = f"Welch's {percent_of_level(int(least.values['pairs']))} intervals"
        runs = over_seeds(least.evidence.runs)
        texts.append(f"Over {runs}, {name} {BETTER[kind]} {others} ({sure}).")
    if alike := [" and ".join(claim.nets) for claim in claims if claim.kind not in BETTER]:
        texts.append(f"No difference is shown between {'; '.join(alike)}.")
    return texts


BETTER: Mapping[str, str] = {
    "ahead": "ends with a lower training loss than",
    "learns more": "learns in more runs, or further, than",
}


def _of(count: int, runs: int) -> str:
    if count in (0, runs):
        return f"all {runs} runs" if count else "none"
    return f"{count} of {runs}"


COMPARISON_WORDS: Mapping[str, Words] = {
    "ahead": lambda claim: (
        f"Over {over_seeds(claim.evidence.runs)}, {claim.name} ends with a lower training loss "
        f"than {claim.nets[1]}: {span(claim, 'loss')} against {span(claim, 'other_loss')} "
        f"({how_sure(claim)})."
    ),
    "level": _level,
    "undecided": lambda claim: (
        f"Over {over_seeds(claim.evidence.runs)} it is undecided which net ends lower: "
        f"{claim.name} at a training loss of {span(claim, 'loss')}, {claim.nets[1]} at "
        f"{span(claim, 'other_loss')} ({how_sure(claim)})."
    ),
    "learns more": lambda claim: (
        f"Over {over_seeds(claim.evidence.runs)}, {_counts(claim)}: training losses of "
        f"{span(claim, 'loss')} against {span(claim, 'other_loss')} ({how_sure(claim)})."
    ),
    "learning undecided": lambda claim: (
        f"{_counts(claim)}, which does not settle how they compare ({how_sure(claim)})."
    ),
}
"""A claim's kind -> how it is said."""
