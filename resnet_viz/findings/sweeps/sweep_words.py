"""Words of a sweep: its claims in sentences, the whole first, then axis by axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.findings.sweeps.grid import Axis, grid_of
from resnet_viz.findings.sweeps.sweep_claims import AxisClaims, SweepClaims, sweep_claims
from resnet_viz.findings.words.comparison_words import BETTER
from resnet_viz.findings.words.phrases import over_seeds, percent_of_level, span
from resnet_viz.lab.sweeps import Sweep
from resnet_viz.text import and_words, capital, count, number

_ENDED: Mapping[str, str] = {
    "learnt": "learnt",
    "not learnt": "did not learn",
    "unclear": "cannot be judged",
    "diverged": "diverged",
    "too early": "had too few steps to tell",
    "unknown": "ended",
    "finished": "have no records here",
    "stopped": "were stopped",
    "failed": "failed",
    "interrupted": "were interrupted",
    "refused": "are no valid network or training",
}
_OF_ONE = {"have": "has", "were": "was", "are": "is"}
MOST_LINES = 4
"""Of a headline, one for each kind of net."""
MOST_PLACES = 6
"""That are named one by one."""
HOLDS = (
    "What is said of complete comparisons holds at the end: the correction counts all planned ones."
)
"""While runs still come. Holm's correction takes those to come for p = 1, so that a corrected p can
only fall, and no look is one too many."""
ONE_SEED = (
    "Each combination has one seed, which says how this run went and not how the nets compare."
)


def ended(claim: Claim) -> str:
    """How the cells ended: "All 60 runs are over: 58 learnt, 2 diverged."."""
    values = claim.values
    cells, waiting = int(values["cells"]), int(values.get("waiting", 0))
    counts = [_so_many(values[state], words) for state, words in _ENDED.items() if state in values]
    if waiting == cells:
        return f"None of {count(cells, 'run')} is over yet."
    begin = f"All {cells:,} runs are over" if not waiting else f"{cells - waiting:,} of {cells:,}"
    begin = begin if not waiting else f"{begin} runs are over"
    return f"{begin if cells > 1 else 'The run is over'}: {', '.join(counts)}."


def _so_many(number: float, words: str) -> str:
    """ "3 were stopped", "1 was stopped"."""
    verb, _, rest = words.partition(" ")
    one = _OF_ONE.get(verb, verb) if number == 1 else verb
    return f"{number:,.0f} {one} {rest}".rstrip()


def headline(claims: SweepClaims) -> str:
    """The sweep in a sentence or two: how its runs ended, and what its first axis shows most."""
    firsts = [f"{_deeper(claim)}." for one in claims.axes for claim in one.depth]
    return " ".join([ended(claims.ended), *firsts[:MOST_LINES]])


def sentences(one: AxisClaims, seeds: int) -> list[str]:
    """What is said along an axis."""
    if seeds < 2:
        return [ONE_SEED, *_lowest(one)]
    told = [*_depth(one), *_pairs(one), *_lowest(one)]
    if one.waiting:
        verb = "needs" if one.waiting == 1 else "need"
        told.append(f"{count(one.waiting, 'planned comparison')} still {verb} more runs.")
        if one.depth or any(claim.kind in BETTER for claim in one.pairs):
            told.append(HOLDS)
    if one.lost:
        told.append(
            f"{count(one.lost, 'planned comparison')} cannot be made: not all of the runs came to "
            "their end with records here."
        )
    return told


def reused_words(sweep: Sweep, seeds: int) -> str:
    """A caution on runs that may have been looked at before the sweep was planned; "" for none."""
    if not sweep.reused or seeds < 2:
        return ""
    verb = "was" if sweep.reused == 1 else "were"
    return (
        f"{count(sweep.reused, 'run')} {verb} trained for another sweep or race. If you saw those "
        "first and added seeds because of them, the p values are too low."
    )


def everything(sweep: Sweep, histories: Histories) -> Iterator[str]:
    """All that is said of a sweep, line by line: the headline, then axis by axis."""
    grid = grid_of(sweep.cells)
    claims = sweep_claims(grid, histories)
    yield headline(claims)
    for one in claims.axes:
        yield f"{title_of(one.axis)}:"
        yield from (f"  {sentence}" for sentence in sentences(one, grid.seeds))
    if caution := reused_words(sweep, grid.seeds):
        yield caution


def _at(claims: Sequence[Claim], planned: int) -> str:
    """Where comparisons were made: " at depth 20 and depth 56", " in all 6 comparisons"."""
    places = [claim.details["at"] for claim in claims if claim.details["at"]]
    if not places:
        return ""
    if len(places) == planned and planned > 2:
        return f" in all {planned} comparisons"
    if len(places) > MOST_PLACES:
        return f" in {len(places)} comparisons"
    if all(place.endswith("nets") for place in places):
        return f" for {and_words(places)}"
    nouns, values = zip(*(place.rpartition(" ")[::2] for place in places), strict=True)
    if len(set(nouns)) == 1 and nouns[0] and not any("," in place for place in places):
        return f" at {nouns[0]} {and_words(values)}"
    return f" for {and_words(places)}"


def _pairs(one: AxisClaims) -> Iterator[str]:
    """The compared pairs by outcome and by the values that are apart, then those that are not."""
    ranked: dict[tuple[str, str, str], list[Claim]] = {}
    said = {frozenset(claim.nets) for claim in one.depth}
    for claim in one.pairs:
        if claim.kind in BETTER and frozenset(claim.nets) not in said:
            key = claim.kind, claim.details["better"], claim.details["other"]
            ranked.setdefault(key, []).append(claim)
    for (kind, better, other), claims in ranked.items():
        subject = capital(better)
        verb = BETTER[kind] if better.endswith("nets") is False else _plural(BETTER[kind])
        where = _at(claims, one.planned)
        yield f"{subject} {verb} {other}{where} ({_how_sure(claims, one.planned)})."
    yield from _alike(one)
    yield from _not_ranked(one)


def _alike(one: AxisClaims) -> Iterator[str]:
    """The pairs that are not told apart. While runs come their correction may still shrink, so that
    which of them are level is said at the end."""
    words = [(["level"], "Level"), (["undecided"], "No difference is shown")]
    if one.waiting:
        words = [(["level", "undecided"], "No difference is shown yet")]
    for kinds, said in words:
        alike = [c for c in one.pairs if c.kind.removeprefix("learning ") in kinds]
        if alike:
            whom = and_words(list(dict.fromkeys(_both(claim) for claim in alike)))
            yield f"{said} between {whom}{_at(alike, one.planned)}."


def _plural(verb: str) -> str:
    return verb.replace("ends", "end").replace("learns", "learn")


def _both(claim: Claim) -> str:
    return " and ".join(sorted((claim.details["better"], claim.details["other"])))


def _how_sure(claims: Sequence[Claim], planned: int) -> str:
    """Seeds, test and correction behind a few comparisons: the largest p of them."""
    runs = over_seeds(claims[0].evidence.runs)
    corrected = f", corrected for {planned} comparisons" if planned > 1 else ""
    levels = [claim.evidence.p for claim in claims if claim.evidence.p is not None]
    if len(levels) == len(claims):
        p = f"p {'at most' if len(levels) > 1 else '='} {number(max(levels), 2)}"
        return f"{runs}, {p}, exact permutation test{corrected}"
    intervals = [claim.evidence.interval or (1.0, 1.0) for claim in claims]
    low, high = map(_ratio, min(intervals))
    which = " interval of the losses' ratio" if len(claims) == 1 else " intervals, the lowest ratio"
    return f"{runs}, Welch's {percent_of_level(planned)}{which} {low} to {high}{corrected}"


def _ratio(value: float) -> str:
    """Of two losses: near 1 with as many digits as tell it from 1."""
    return number(value, next((d for d in (2, 3, 4) if round(value, d - 1) != 1), 5))


def _not_ranked(one: AxisClaims) -> Iterator[str]:
    claims = [claim for claim in one.pairs if claim.kind == "not ranked"]
    if not claims:
        return
    diverged = [c for c in claims if c.values["diverged 0"] or c.values["diverged 1"]]
    left = [claim for claim in claims if claim not in diverged]
    early = [c for c in left if c.values["too early 0"] or c.values["too early 1"]]
    reasons = {
        "runs diverged": diverged,
        "runs had too few steps to tell": early,
        "neither net has learnt": [claim for claim in left if claim not in early],
    }
    said = {why: _at(own, 0) for why, own in reasons.items() if own}
    begin = f"{count(len(claims), 'pair')} cannot be ranked"
    if len(said) == 1:
        ((why, where),) = said.items()
        yield f"{begin}{where}, because {why}."
        return
    parts = [f"{len(reasons[why])}{where} because {why}" for why, where in said.items()]
    yield f"{begin}: {and_words(parts)}."


def _deeper(claim: Claim) -> str:
    """Whether the deeper net of a line ends lower or higher, and how sure that is."""
    nets, at = f"{claim.details['nets']} nets", claim.details["at"]
    of = at if at.endswith("nets") else f"{nets} with {at}" if at else nets
    first, second = claim.details["better"], claim.details["other"]
    deep, than, shallow = first, "lower", second
    if claim.kind != "no degradation":
        deep, than, shallow = second, "higher", first
    p = claim.evidence.p
    sure = f"p = {number(p, 2)}" if p is not None else "by Welch's interval"
    return f"{capital(of)} at {deep} end {than} than at {shallow} ({sure})"


def _depth(one: AxisClaims) -> Iterator[str]:
    """What depth does to each line, with its numbers, and whether that is degradation."""
    for claim in one.depth:
        losses = f"{span(claim, 'loss')} against {span(claim, 'other')}"
        sure = _how_sure([claim], one.planned)
        text = f"{_deeper(claim).partition(' (')[0]}: a training loss of {losses} ({sure})."
        if claim.kind == "degradation":
            text += " The deeper nets' losses no longer fall: this is degradation."
        elif claim.kind == "deeper behind":
            text += f" {_still_falls(claim)}"
        yield text


def _still_falls(claim: Claim) -> str:
    falling, (runs, _) = int(claim.values["falling"]), claim.evidence.runs
    if falling:
        return (
            f"The deeper net's loss still falls in {falling} of {runs} runs, so this may be slow "
            "training and not degradation."
        )
    return "Whether the deeper nets' losses still fall is not clear: more steps would tell."


def _lowest(one: AxisClaims) -> Iterator[str]:
    if not one.lowest:
        return
    parts = [
        f"{claim.details['better']} ({number(claim.values['median'], 2)}"
        f"{', ' + claim.details['at'] if claim.details['at'] else ''})"
        for claim in one.lowest[:8]
    ]
    more = f" and {len(one.lowest) - 8} more" if len(one.lowest) > 8 else ""
    yield f"The lowest median training loss is at {and_words(parts)}{more}; this was not tested."


def title_of(axis: Axis) -> str:
    """An axis as a heading: "Along depth"."""
    return f"Along {axis.noun or axis.title}"
