"""Outcome card: how a race ended, at a glance, and what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.words.headline import COMPARED, OUTCOMES, headline
from resnet_viz.findings.words.sentences import sentence
from resnet_viz.text import and_words

Remedy = Literal["", "more steps", "smaller rate"]
"""What a press on the card races again."""


@dataclass(frozen=True)
class OutcomeCard:
    """The outcome of a race: a `title`, the `sentence` that its records carry, `advice` on what to
    try next ("" for none), and the `remedy` that one press tries."""

    title: str
    sentence: str
    advice: str = ""
    remedy: Remedy = ""


def outcome_card(claims: Sequence[Claim]) -> OutcomeCard:
    """The card of a race that is over, from its claims, of which one is about how a net ended."""
    nets = [claim for claim in claims if claim.kind in OUTCOMES]
    diverged = [claim for claim in nets if claim.kind == "diverged"]
    text = headline(claims, sentence)
    if diverged:
        who = "Both networks" if len(nets) == len(diverged) == 2 else _names(diverged, nets)
        return OutcomeCard(
            f"{who} diverged",
            text,
            "The loss left its range and did not come back. A smaller learning rate usually helps.",
            "smaller rate",
        )
    if any(claim.kind == "too early" for claim in nets):
        return OutcomeCard("Too early to say", text, "More steps will tell.", "more steps")
    if nets and all(claim.kind in ("not learnt", "unclear") for claim in nets):
        return _not_learnt(claims, nets, text)
    return _compared(claims, nets, text)


def _names(some: Sequence[Claim], among: Sequence[Claim]) -> str:
    """The nets by name, or "All 3 networks"."""
    is_all = len(some) == len(among) > 2
    return f"All {len(some)} networks" if is_all else and_words([claim.name for claim in some])


def _not_learnt(claims: Sequence[Claim], nets: Sequence[Claim], text: str) -> OutcomeCard:
    """Where no net has clearly learnt."""
    is_clear = all(claim.kind == "not learnt" for claim in nets)
    falling = [claim.name for claim in claims if claim.kind == "still falls"]
    advice = "Another learning rate or more steps may help."
    if falling:
        advice = f"The loss of {and_words(falling)} still falls, so more steps may help."
    if not is_clear:
        title = "Not clear yet"
    elif len(nets) == 1:
        title = f"{nets[0].name} has not learnt"
    else:
        title = "Neither network has learnt" if len(nets) == 2 else "No network has learnt"
    return OutcomeCard(title, text, advice, "more steps")


def _compared(claims: Sequence[Claim], nets: Sequence[Claim], text: str) -> OutcomeCard:
    """By what the seeds show; of one seed a race says how one run went."""
    kinds = {claim.kind for claim in claims if claim.kind in COMPARED}
    winners = [claim.name for claim in claims if claim.kind in ("learns more", "ahead")]
    if any(claim.kind == "trained differently" for claim in claims):
        return OutcomeCard("Trained differently", text, "Race them with equal settings to compare.")
    if len(set(winners)) == 1:
        return OutcomeCard(f"{winners[0]} does better", text)
    if winners:
        return OutcomeCard("Some networks do better", text)
    if kinds == {"level"}:
        advice = "More steps or deeper networks may show a difference."
        return OutcomeCard("Level", text, advice, "more steps")
    if kinds:
        return OutcomeCard("Undecided", text, "More seeds may show a difference.")
    return OutcomeCard("How this run went" if len(nets) > 1 else nets[0].name, text)
