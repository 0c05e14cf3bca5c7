"""Comparison words: sentences for nets that were compared over seeds (the claims of
comparison.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.findings.claims.claim import Claim, Words
from resnet_viz.findings.words.phrases import how_sure, over_seeds, percent_of_level, span
from resnet_viz.text import Words as Say
from resnet_viz.text import and_words, number


def compared(claim: Claim, say: Say = str) -> str:
    """What the seeds say of two nets, in the words of `say`."""
    text = {
        "ahead": say(
            "Over {seeds}, {net} ends with a lower training loss than {other}: {loss} against "
            "{other_loss} ({sure})."
        ),
        "level": say(
            "Over {seeds}, {net} and {other} are level: the ratio of their training losses is "
            "{ratio}."
        ),
        "undecided": say(
            "Over {seeds} it is undecided which net ends lower: {net} at a training loss of "
            "{loss}, {other} at {other_loss} ({sure})."
        ),
        "learns more": say(
            "Over {seeds}, {net} learns in {learnt} and {other} in {other_learnt}: training losses "
            "of {loss} against {other_loss} ({sure})."
        ),
        "learning undecided": say(
            "{net} learns in {learnt} and {other} in {other_learnt}, which does not settle how "
            "they compare ({sure})."
        ),
    }[claim.kind]
    return text.format_map(_parts(claim, say))


def _parts(claim: Claim, say: Say) -> Mapping[str, str]:
    """What those sentences are filled with, as far as the claim has it."""
    runs, values = claim.evidence.runs, claim.values
    low, high = (number(end, 2) for end in claim.evidence.interval or (1.0, 1.0))
    parts = {
        "net": claim.nets[0],
        "other": claim.nets[1],
        "seeds": over_seeds(runs, say),
        "sure": how_sure(claim, say),
        "ratio": say("{low} to {high}").format(low=low, high=high),
    }
    for name in ("loss", "other_loss"):
        if f"{name}_low" in values:
            parts[name] = span(claim, name, say)
    if "learnt" in values:
        parts["learnt"] = _of(int(values["learnt"]), runs[0], say)
        parts["other_learnt"] = _of(int(values["other"]), runs[1], say)
    return parts


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


def _of(count: int, runs: int, say: Say) -> str:
    if not count:
        return say("none")
    if count == runs:
        return say("all {runs} runs").format(runs=runs)
    return say("{count} of {runs}").format(count=count, runs=runs)


COMPARISON_WORDS: Mapping[str, Words] = dict.fromkeys(
    ("ahead", "level", "undecided", "learns more", "learning undecided"), compared
)
"""A claim's kind -> how it is said."""
