"""Why a race went as it did, in three steps: the gradient at the start, the features, the updates.

Each step has lines for a small picture and a sentence or two. What they say is made from the race's
claims and from the records that the lines show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.feature_collapse import RANK, median_ranks
from resnet_viz.findings.contestant import Contestant, shown
from resnet_viz.findings.gradient_flow import INPUTS
from resnet_viz.findings.nets import Net, nets_in
from resnet_viz.findings.theory.layers_left import layers_left
from resnet_viz.findings.words.phrases import one_or_both
from resnet_viz.measurements.base.verdict import ratio_words
from resnet_viz.text import and_words, number

UPDATES = "update_ratio"
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A net's line in a picture; over several seeds the median."""

    name: str
    colour: str
    x: Numbers
    y: Numbers


@dataclass(frozen=True)
class WhyStep:
    """One of the three steps: what its `lines` show over `x_title`, in `sentences`.

    `is_of_layers`: x counts layers from the output, so that it is drawn from right to left.
    """

    title: str
    x_title: str
    y_title: str
    lines: Sequence[Line]
    sentences: Sequence[str]
    is_log: bool = False
    is_of_layers: bool = False


def why(
    contestants: Sequence[Contestant], claims: Sequence[Claim]
) -> tuple[WhyStep, WhyStep, WhyStep]:
    """The three steps of a race of which some run has a step, from the race's claims."""
    nets = nets_in([one for one in contestants if len(one.history)])
    return _gradient(nets, claims), _features(nets, claims), _updates(nets, claims)


def _gradient(nets: Sequence[Net], claims: Sequence[Claim]) -> WhyStep:
    told = {claim.name: claim for claim in claims if claim.quantity == INPUTS}
    sentences = ["The gradient at the blocks' inputs was not measured."]
    if told:
        words = {name: claim.kind.removeprefix("gradient ") for name, claim in told.items()}
        parts = [
            f"{word} in {and_words([_with_ratio(told[name]) for name in names])}"
            for word, names in _by_word(words).items()
        ]
        sentences = [f"From the last block back to the first, the gradient {'; it '.join(parts)}."]
        sentences.append(_reaches(words))
    return WhyStep(
        "1. The gradient at the start",
        "layers from the output (input at left)",
        "gradient norm",
        _lines(nets, _first_gradients),
        sentences,
        is_log=True,
        is_of_layers=True,
    )


def _with_ratio(claim: Claim) -> str:
    """The net with its ratio: "Plain-56 (1,770 times)"."""
    ratios = [claim.values[f"ratio_{end}"] for end in ("low", "high")]
    if not np.isfinite(ratios).all():
        return claim.name
    return f"{claim.name} ({one_or_both(*map(ratio_words, ratios))} times)"


def _reaches(words: Mapping[str, str]) -> str:
    """What this means for the first blocks of the nets where it means most."""
    names = _by_word(words)
    if explodes := names.get("explodes"):
        return f"The first blocks of {and_words(explodes)} get a far larger gradient than the last."
    if vanishes := names.get("vanishes"):
        return f"Hardly any gradient reaches the first blocks of {and_words(vanishes)}."
    if set(names) == {"keeps its size"}:
        return "The first block gets about as large a gradient as the last."
    if {"is 0", "is not finite"} & set(names):
        return ""
    return "The blocks' gradients differ, but they neither explode nor vanish."


def _features(nets: Sequence[Net], claims: Sequence[Claim]) -> WhyStep:
    told = {claim.name: claim for claim in claims if claim.quantity == RANK}
    lines = _lines(nets, _median_ranks)
    parts = [
        f"{number(line.y[0])} to {number(line.y[-1])} in {line.name}"
        for line in lines
        if line.name in told and np.isfinite(line.y[[0, -1]]).all()
    ]
    sentences = ["How many directions the features span is not known for these networks."]
    if parts:
        sentences = [f"The median block's effective rank goes from {and_words(parts)}."]
        sentences.append(_fates(told))
    return WhyStep("2. The features", "step", "effective rank", lines, sentences)


def _fates(told: Mapping[str, Claim]) -> str:
    """What becomes of the features, the worst first."""
    names = _by_word({name: claim.kind for name, claim in told.items()})
    collapsed = names.get("features collapsed", []) + names.get("features collapse", [])
    if collapsed:
        them = "it" if len(collapsed) == 1 else "them"
        return f"The features of {and_words(collapsed)} collapse: images look alike to {them}."
    if back := names.get("features come back"):
        return f"The features of {and_words(back)} collapse on the way and come back."
    if few := names.get("few directions"):
        return f"{and_words(few)} needs only few directions to tell its images apart."
    return "No features collapse."


def _updates(nets: Sequence[Net], claims: Sequence[Claim]) -> WhyStep:
    lines = _lines(nets, _median_updates)
    parts = [
        f"{and_words([f'{number(line.y[i], 2)} % at step {line.x[i]:.0f}' for i in ends])} in "
        f"{line.name}"
        for line in lines
        for ends in ([0, -1] if len(line.x) > 1 else [0],)
        if np.isfinite(line.y[ends]).all()
    ]
    sentences = ["How far a step moves the weights was not measured."]
    if parts:
        sentences = [f"A step changes the median layer by {'; by '.join(parts)}."]
        sentences.append(_stalls(claims))
    return WhyStep("3. The updates", "step", "update, % of weights", lines, sentences, is_log=True)


def _stalls(claims: Sequence[Claim]) -> str:
    """What the updates do to the losses of nets that have not learnt, the worst first."""
    names = _by_word({claim.name: claim.kind for claim in claims if claim.kind in _STALLS})
    for kind, text in _STALLS.items():
        if kind in names:
            return text.format(and_words(names[kind]))
    return "A tenth of a percent is a common rule of thumb."


_STALLS = {
    "dead": "From some step on most layers of {} get no gradient at all.",
    "frozen": "The weights of {} hardly move, and the loss stands still.",
    "stands still": "The weights of {} move, and yet the loss stands still.",
    "still falls": "The loss of {} still falls.",
}


def _by_word(words: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of which the same word is said."""
    names: dict[str, list[str]] = {}
    for name, word in words.items():
        names.setdefault(word, []).append(name)
    return names


def _lines(
    nets: Sequence[Net], line: Callable[[Contestant], tuple[Numbers, Numbers]]
) -> list[Line]:
    """A line of each net that has one: over its seeds the median, at what all have in common."""
    lines = []
    for net in nets:
        drawn = [(x, y) for x, y in map(line, net.seeds) if len(x)]
        if not drawn:
            continue
        common = drawn[0][0]
        for x, _ in drawn[1:]:
            common = common[np.isin(common, x)]
        rows = [y[np.isin(x, common)] for x, y in drawn]
        if len(common):
            lines.append(Line(net.name, net.seeds[0].colour, common, np.median(rows, axis=0)))
    return lines


def _first_gradients(net: Contestant) -> tuple[Numbers, Numbers]:
    """The gradient at each block's input when it was measured first, by layers from the output."""
    series, names = net.history.series(INPUTS), net.along(INPUTS).names
    if not len(series.steps):
        return np.empty(0), np.empty(0)
    left = layers_left(net.layers, names)
    x = left if np.isfinite(left).all() else np.arange(len(names), 0, -1.0)
    return x, shown(series.values[0])


def _median_ranks(net: Contestant) -> tuple[Numbers, Numbers]:
    """The median block's effective rank at each step that measured it."""
    ranks = median_ranks(net)
    values = ranks.values.ravel().astype(np.float64)
    return ranks.steps[: len(values)].astype(np.float64), values


def _median_updates(net: Contestant) -> tuple[Numbers, Numbers]:
    """The median update of the layers on the main path, in percent of their weights."""
    series, columns = net.history.series(UPDATES), net.place(UPDATES).of("main")
    if not len(series.steps) or not len(columns):
        return np.empty(0), np.empty(0)
    values = [row[np.isfinite(row)] for row in 100 * series.values[:, columns].astype(np.float64)]
    medians = [np.median(row) if row.size else np.nan for row in values]
    return series.steps.astype(np.float64), np.array(medians, np.float64)
