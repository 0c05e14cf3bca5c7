"""Told: what a stage is told of a race beside the records: its nets, and words for how it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from resnet_viz.findings.contestant import Contestant, contestants_in, net_of
from resnet_viz.findings.seeds import median_and_range
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities.records import History
from resnet_viz.stage import status
from resnet_viz.stage.words import SEEDS
from resnet_viz.store.run import Run
from resnet_viz.text import Words

PACES = (None, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5)
"""Steps a second at most, to choose from; None for as many as it can."""


def nets_of(look: Look, runs: Sequence[Contestant]) -> Sequence[Contestant]:
    """The nets; for several seeds one, the median of its runs, with their range."""
    runs_of_nets: dict[tuple[str, int], list[Contestant]] = {}
    for run, one in zip(look.runs, runs, strict=True):
        runs_of_nets.setdefault(net_of(run), []).append(one)
    nets = []
    for own in runs_of_nets.values():
        net, name = median_and_range(own), own[0].net_name
        several = SEEDS.format(net=name, number=len(own))
        nets.append(replace(net, name=several) if len(own) > 1 else net)
    return nets


def nets(look: Look) -> Sequence[Contestant]:
    """The nets of a race, several seeds of one as their median."""
    runs = look.once("contestants", lambda: contestants_in(look))
    return look.once("nets", lambda: nets_of(look, runs))


def told(look: Look, say: Words = str) -> Mapping[str, Any]:
    """What the stage is told beside the records: the sentence above the nets, a note for each, and
    how training can be steered; in the language of `say`."""
    runs = look.once("contestants", lambda: contestants_in(look))
    return look.once(("told", say), lambda: _told(look, runs, say))


def _told(look: Look, contestants: Sequence[Contestant], say: Words) -> Mapping[str, Any]:
    pairs: dict[tuple[str, int], list[tuple[Run, History]]] = {}
    for run, one in zip(look.runs, contestants, strict=True):
        pairs.setdefault(net_of(run), []).append((run, one.history))
    held = next((run.pace for run in look.runs if not run.is_over), None)
    paces = sorted({*PACES, held}, key=lambda pace: -(pace or inf))
    return {
        "sentence": _sentence(look, contestants, say),
        "notes": [status.card_note(own, say) for own in pairs.values()],
        "paused": any(run.status == "paused" for run in look.runs),
        "pace": held or 0,
        "paces": [[pace or 0, status.pace_words(pace, say)] for pace in paces],
    }


def _sentence(look: Look, contestants: Sequence[Contestant], say: Words) -> str:
    """What went wrong, what happened, or how far the race is."""
    if problems := list(filter(None, [*map(status.why_over, look.runs), look.problem])):
        return " ".join(problems)
    return status.progress_sentence(look.runs, contestants, say)
