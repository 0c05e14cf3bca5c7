"""A lesson's sweep over the depth of residual and plain nets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from resnet_viz.figures.sweeps.along_axis import along_axis
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.sweeps.courses import is_over
from resnet_viz.findings.sweeps.grid import DEPTHS, Grid, grid_of
from resnet_viz.findings.sweeps.records import SweepRecords
from resnet_viz.findings.sweeps.sweep_claims import SweepClaims, sweep_claims
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.facts import UNDECIDED, Curve, Facts, Seen, in_words
from resnet_viz.lessons.measurement_slots import KINDS, SweepSlot
from resnet_viz.lru import LruDict

_RECORDS: LruDict[str, SweepRecords] = LruDict(8)
_LOSS = "train_loss"


def begin(lab: Lab, slot: SweepSlot, asker: str) -> str:
    """Start the sweep, or go on with it; its id."""
    return lab.sweep(slot.spec(), asker=asker)


def look(lab: Lab, slot: SweepSlot, sweep_id: str) -> Seen:
    """The sweep as it stands.

    Raises:
        ValueError: for an id that is no sweep's, or another one's.
    """
    sweep = lab.get_sweep(sweep_id)
    if sweep.spec.model_copy(update={"name": ""}) != slot.spec():
        raise ValueError("the link's sweep is not this lesson's")
    grid = grid_of(sweep.cells)
    done = [is_over(cell) for cell in sweep.cells]
    is_done = all(done) or sweep.status == "stopped"
    records = _RECORDS.fetch(str(lab.home), lambda: SweepRecords(lab))
    histories, left = records.of(sweep.cells) if is_done else ({}, 0)
    is_done = is_done and not left
    failed = [cell.message for cell in sweep.cells if cell.status == "failed"]
    return Seen(
        sum(done) / max(1, len(done)),
        is_done,
        facts(slot, grid, sweep_claims(grid, histories)) if is_done and not failed else None,
        failed[0] if failed else "",
        {"loss_by_depth": partial(along_axis, grid, DEPTHS, _LOSS)},
    )


def facts(slot: SweepSlot, grid: Grid, claims: SweepClaims) -> Facts:
    """The facts of a sweep that is over."""
    along = {claims_of.axis.name: claims_of for claims_of in claims.axes}
    lines = dict(zip(KINDS, grid.lines(DEPTHS), strict=True))
    outcomes, curves = {}, {}
    numbers = {
        "steps": str(slot.spec().base.steps),
        "seeds": str(len(slot.seeds)),
        "shallow": str(slot.depths[0]),
        "deep": str(slot.depths[-1]),
    }
    for kind, line in lines.items():
        losses = [place.middle(_LOSS) for place in line.places]
        curves[f"loss_{kind}"] = Curve([float(depth) for depth in slot.depths], losses)
        numbers |= {
            f"loss_{kind}_shallow": in_words(losses[0]),
            f"loss_{kind}_deep": in_words(losses[-1]),
        }
        ends = [grid.name_of(line.places[place]) for place in (0, -1)]
        outcomes[f"deeper_{kind}"] = _deeper(along[DEPTHS].pairs, ends)
    return Facts(outcomes, numbers, curves)


def _deeper(pairs: Sequence[Claim], ends: Sequence[str]) -> str:
    """What the claim about the shallowest and the deepest net says of the deeper one.

    Where all runs of one have learnt, and none of the other, that one is better.
    """
    shallow, deep = ends
    claim = next((one for one in pairs if set(one.nets) == {shallow, deep}), None)
    if claim is None:
        return UNDECIDED
    if claim.kind in ("ahead", "learns more"):
        return "better" if claim.nets[0] == deep else "worse"
    if claim.kind == "not ranked":
        return UNDECIDED
    return _by_count(claim.values, claim.evidence.runs, is_deep_first=claim.nets[0] == deep)


def _by_count(values: Mapping[str, float], runs: Sequence[int], *, is_deep_first: bool) -> str:
    first, other = (values.get(name, np.nan) for name in ("learnt", "other"))
    if first == runs[0] and other == 0:
        return "better" if is_deep_first else "worse"
    return UNDECIDED
