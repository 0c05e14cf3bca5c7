"""What happened in a race, told on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resnet_viz.findings.contestant import contestants_in
from resnet_viz.findings.feature_collapse import RANK
from resnet_viz.findings.race_summary import happened
from resnet_viz.lab.feed import Look
from resnet_viz.lab.records import History
from resnet_viz.lab.run import Run
from resnet_viz.lab.runs import Lab

_STEPS_AT_ONCE = 4096
_MOST_STEPS = 10_000


def what_happened(runs: Sequence[Run], histories: Mapping[str, History]) -> Iterator[str]:
    """The sentences that the page has, the verdict first; none until every net has a step."""
    for finding in happened(contestants_in(Look(runs, histories))):
        yield finding.text


def history_of(lab: Lab, run: Run) -> History:
    """What a run measured; of a very long one not every step's quantities."""
    history, since = History(most=_MOST_STEPS), 0
    while records := lab.records(run.id, since, since + _STEPS_AT_ONCE, _TOLD):
        history.extend(records)
        since += _STEPS_AT_ONCE
    return history


_TOLD = ("grad_norm", "update_ratio", RANK)
"""The quantities that the sentences are made from."""
