"""Claims about a sweep: how its runs ended, and along each axis which nets are told apart.

The pairs that are looked at are fixed before any number is known. Along an axis of numbers, such as
depth, they are its two ends; along any other, its first value with each further one; and that for
every combination of the other axes. The levels are corrected for all planned pairs of the axis,
also those that cannot be compared. Nets that have not learnt, or diverged, are counted and not
ranked (comparison.py). That depth degrades a net needs losses that no longer fall (degradation.py),
and that depth alone differs: axes that change together make one set of pairs, with both in its
words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, ends
from resnet_viz.findings.claims.comparison import compared, may_be_compared, steps_of
from resnet_viz.findings.claims.degradation import degradation
from resnet_viz.findings.claims.learning import Course, Standing
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.sweeps import courses
from resnet_viz.findings.sweeps.grid import DEPTHS, Axis, Grid, Line, Place
from resnet_viz.lab.sweeps import Cell

Standings = Mapping[int, Standing]
"""How the runs of places ended, by the places' identities."""


@dataclass(frozen=True)
class AxisClaims:
    """What is said along an axis: of its pairs, of depth, of where the loss is lowest.

    `planned` is how many pairs the axis has, `waiting` how many are not over yet, and `lost` how
    many are, but cannot be compared: a run was refused, has failed or has no records.
    """

    axis: Axis
    pairs: tuple[Claim, ...]
    depth: tuple[Claim, ...]
    lowest: tuple[Claim, ...]
    planned: int
    waiting: int
    lost: int


@dataclass(frozen=True)
class SweepClaims:
    """All claims about a sweep."""

    ended: Claim
    axes: tuple[AxisClaims, ...]


def sweep_claims(grid: Grid, histories: courses.Histories) -> SweepClaims:
    """The claims about a sweep, from the records of its runs."""
    found = {id(place): courses.standing_of(grid, place, histories) for place in grid.places}
    standings = {key: standing for key, standing in found.items() if standing is not None}
    axes = [axis for axis in grid.axes if not grid.is_told_by_another(axis)]
    return SweepClaims(
        _ended(grid, histories), tuple(_along(grid, axis, standings) for axis in axes)
    )


def _ended(grid: Grid, histories: courses.Histories) -> Claim:
    """How many cells ended how."""
    cells = [cell for place in grid.places for cell in place.cells]
    counts = Counter(
        _state(cell, run)
        for place in grid.places
        for cell, run in zip(place.cells, courses.runs_of(place, histories), strict=True)
    )
    values = {"cells": float(len(cells)), "seeds": float(grid.seeds)}
    values |= {state: float(number) for state, number in counts.items()}
    return Claim("cells ended", ("sweep",), "final", (0, 0), values)


def _state(cell: Cell, run: Contestant | None) -> str:
    if not courses.is_over(cell):
        return "waiting"
    if run is None or cell.status in ("failed", "interrupted"):
        return cell.status
    course = Course(run, len(run.history))
    return course.state if courses.came_to_an_end(cell, course) else cell.status


def pairs_along(grid: Grid, axis: Axis) -> Sequence[tuple[Line, Place, Place]]:
    """The pairs of places that are looked at along an axis, line by line."""
    return [
        (line, line.places[0], place)
        for line in grid.lines(axis.name)
        for place in (line.places[-1:] if axis.numbers is not None else line.places[1:])
        if place is not line.places[0]
    ]


def _along(grid: Grid, axis: Axis, standings: Standings) -> AxisClaims:
    planned = pairs_along(grid, axis) if grid.seeds > 1 else ()
    worded = grid.with_followers(axis)
    known = [
        (line, first, second)
        for line, first, second in planned
        if id(first) in standings and id(second) in standings
    ]
    both = [(standings[id(first)], standings[id(second)]) for _, first, second in known]
    tested = [pair for pair in both if may_be_compared(*pair)]
    made = dict(zip(map(id, tested), compared(tested, len(planned)), strict=True))
    pairs, depth = [], []
    for (line, first, second), pair in zip(known, both, strict=True):
        claim = made.get(id(pair)) or _not_ranked(pair)
        phrases = {grid.name_of(one): worded.phrase(one.at[axis.name]) for one in (first, second)}
        better, other = (phrases[name] for name in claim.nets)
        where = {"better": better, "other": other, "at": line.name}
        pairs.append(replace(claim, details={**claim.details, **where}))
        if worded.name == DEPTHS and claim.evidence.method != "count":
            depth += [
                replace(one, details={**one.details, **where}) for one in degradation(pair, [claim])
            ]
    lowest = tuple(_lowest(grid, axis, worded, standings)) if axis.numbers is not None else ()
    over = [
        all(courses.is_over(cell) for place in pair[1:] for cell in place.cells) for pair in planned
    ]
    counts = len(planned), over.count(False), sum(over) - len(known)
    return AxisClaims(worded, tuple(pairs), tuple(depth), lowest, *counts)


def _not_ranked(pair: tuple[Standing, Standing]) -> Claim:
    """What became of two nets that cannot be compared, in runs with each outcome."""
    values = {
        f"{state} {place}": float(net.count(state))
        for place, net in enumerate(pair)
        for state in ("learnt", "not learnt", "unclear", "diverged", "too early")
    }
    runs = tuple(net.runs for net in pair)
    names = tuple(net.name for net in pair)
    return Claim("not ranked", names, "loss", steps_of(pair), values, Evidence("count", runs))


def _lowest(grid: Grid, axis: Axis, worded: Axis, standings: Standings) -> Iterator[Claim]:
    """Where each line's median training loss is lowest, of the places whose runs all learnt."""
    for line in grid.lines(axis.name):
        known = [(place, standings[id(place)]) for place in line.places if id(place) in standings]
        learnt = [(place, net) for place, net in known if net.all_are("learnt")]
        if len(known) < len(line.places) or len(learnt) < 2:
            continue
        place, net = min(learnt, key=lambda one: float(np.median(one[1].losses)))
        values = {"median": float(np.median(net.losses)), **ends("loss", net.losses)}
        details = {"better": worded.phrase(place.at[axis.name]), "at": line.name}
        evidence = Evidence("count", (net.runs,))
        steps = steps_of([net])
        yield Claim("lowest median", (net.name,), "loss", steps, values, evidence, details=details)
