"""What happened in a race, told on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from resnet_viz.cli.output import finite
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.feature_collapse import RANK
from resnet_viz.findings.contestant import GRADIENT, contestants_in
from resnet_viz.findings.final_level import FINAL
from resnet_viz.findings.gradient_flow import INPUTS
from resnet_viz.findings.race_summary import claims
from resnet_viz.findings.words.sentences import sentence, sentences
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities.layer_states import LAYER_STATE
from resnet_viz.quantities.records import History
from resnet_viz.store.run import Run

_STEPS_AT_ONCE = 4096
_MOST_STEPS = 10_000
_OF_SENTENCES = (GRADIENT, INPUTS, "update_ratio", RANK, FINAL, LAYER_STATE)
"""The quantities that the sentences are made from."""


def what_happened(runs: Sequence[Run], histories: Mapping[str, History]) -> Iterator[str]:
    """The sentences that the page has, the outcome first; none until every net has a step."""
    for one in sentences(claims_of(runs, histories)):
        yield one.text


def claims_of(runs: Sequence[Run], histories: Mapping[str, History]) -> list[Claim]:
    """What the sentences are made of."""
    return claims(contestants_in(Look(runs, histories)))


def claim_record(claim: Claim) -> Mapping[str, object]:
    """A claim as JSON holds it, with its words; a number that is not finite is null."""
    evidence = asdict(claim.evidence)
    interval = claim.evidence.interval
    evidence["interval"] = None if interval is None else [*map(finite, interval)]
    return {
        "kind": claim.kind,
        "nets": claim.nets,
        "quantity": claim.quantity,
        "steps": claim.steps,
        "values": {name: finite(value) for name, value in claim.values.items()},
        "details": dict(claim.details),
        "evidence": evidence,
        "text": sentence(claim),
    }


def history_of(
    lab: Lab, run: Run, most: int = _MOST_STEPS, names: Sequence[str] | None = _OF_SENTENCES
) -> History:
    """What a run measured of these quantities, of all where `names` is None; of a run of more than
    `most` steps not every step's."""
    history, since = History(most=most), 0
    while records := lab.records(run.id, since, since + _STEPS_AT_ONCE, names):
        history.extend(records)
        since += _STEPS_AT_ONCE
    return history
