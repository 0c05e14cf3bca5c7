"""What happened in a race: each sentence with its numbers, and the plot that it belongs to.

Nothing is said that the records do not hold: where ranges over the seeds overlap, the sentence
says that no difference is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.config import ResNetConfig, and_words
from resnet_viz.arch.plan import plan
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.convergence_speed import faster
from resnet_viz.findings.feature_collapse import collapse
from resnet_viz.findings.final_level import LEAST_STEPS, common_steps, finish, window
from resnet_viz.findings.gradient_claims import gradient_claims
from resnet_viz.findings.nets import Net, nets_in, spread_words, window_words
from resnet_viz.findings.sentences import sentences
from resnet_viz.findings.story import on_the_way, story
from resnet_viz.findings.verdicts import UPDATES
from resnet_viz.text import count

Plot = Literal["curves", "gradients", "through_time"]
Numbers = NDArray[np.float64]


class Finding(NamedTuple):
    """A sentence, and the name of the plot that shows it."""

    text: str
    plot: Plot


def happened(contestants: Sequence[Contestant]) -> list[Finding]:
    """What the records say, the verdict first; [] until every run has a step that will have one."""
    idle = [one.name for one in contestants if one.is_over and not len(one.history)]
    if idle:
        begun = [one for one in contestants if one.name not in idle]
        told = happened(begun)
        return told and [*told, Finding(f"{and_words(idle)} ended without a step.", "curves")]
    steps = common_steps(contestants)
    if not steps:
        return []
    nets = nets_in(contestants)
    has_seeds = len(nets) < len(contestants)
    said = [] if has_seeds else story(contestants, with_gradients=False)
    found = [Finding(text, "curves") for text in said]
    if has_seeds:
        found.append(Finding(_verdict(nets, steps), "curves"))
        found += [Finding(text, "curves") for net in nets for text in _ways(net, steps)]
    if steps >= LEAST_STEPS:
        found += [Finding(text, "curves") for text in _degradation(nets, steps)]
        found += [Finding(text, "curves") for text in faster(nets, steps)]
    found += [Finding(*told) for told in sentences(list(gradient_claims(nets, steps)))]
    found += [Finding(text, "through_time") for net in nets for text in collapse(net, steps)]
    if steps >= 4 * LEAST_STEPS:
        found += [Finding(text, "through_time") for net in nets for text in _still(net, steps)]
    return found


def _verdict(nets: Sequence[Net], steps: int) -> str:
    """Who has the lowest loss, where the ranges over the seeds are apart."""
    levels = [(net.name, net.loss(steps)) for net in nets]
    said = "; ".join(
        f"{name} {'not finite in a seed' if level is None else level}" for name, level in levels
    )
    known = [(name, level) for name, level in levels if level is not None]
    known.sort(key=lambda pair: pair[1].low + pair[1].high)
    found = "no net has a finite loss in every seed"
    if steps < LEAST_STEPS:
        found = "it is too early for a verdict"
    elif len(known) == 1:
        found = f"only {known[0][0]} has a finite loss in every seed" if len(nets) > 1 else ""
    elif known:
        best, level = known[0]
        apart = [name for name, other in known[1:] if level.is_below(other)]
        alike = [name for name, other in known[1:] if not level.is_below(other)]
        found = (
            f"{best} has a lower loss than {and_words(apart)}" if apart else "no difference is seen"
        )
        if apart and alike:
            found += f"; between it and {and_words(alike)} no difference is seen"
    text = f"training loss {window_words(steps)} ({spread_words(nets)}): {said}."
    return f"After {count(steps, 'step')} {found}: {text}" if found else f"The {text}"


def _ways(net: Net, steps: int) -> Iterator[str]:
    """Of the first seed that shows it: a peak, or a loss that was not finite; of how many."""
    ends = [finish(seed, steps) for seed in net.seeds]
    broken = [end.broken for end in ends if end.broken is not None]
    if broken:
        seeds = f"{len(broken)} of {count(len(ends), 'seed')}"
        yield f"The loss of {net.name} was not finite in {seeds}, first at step {min(broken)}."
    peaks = [text for end in ends for text in on_the_way(end, steps) if " rose from " in text]
    if peaks:
        yield f"{peaks[0].removesuffix('.')} ({len(peaks)} of {count(len(ends), 'seed')})."


def _degradation(nets: Sequence[Net], steps: int) -> Iterator[str]:
    """A deeper net's training loss against that of a shallower one which is otherwise the same, and
    trained alike."""
    known = [(net, net.config) for net in nets if net.config is not None]
    known.sort(key=lambda pair: plan(pair[1]).depth)
    for (net, config), (deeper, other) in combinations(known, 2):
        depths = plan(config).depth, plan(other).depth
        if depths[0] == depths[1] or _family(config) != _family(other):
            continue
        if net.recipe != deeper.recipe:
            continue
        kind = "plain" if config.shortcut == "none" else "residual"
        low, high = net.loss(steps), deeper.loss(steps)
        if low is None or high is None:
            yield (
                f"Whether {deeper.name} is worse than {net.name}, being deeper, cannot be said: a "
                "loss is not finite."
            )
            continue
        losses = f"{deeper.name} {high}, {net.name} {low} ({spread_words([net, deeper])})"
        if low.is_below(high):
            found = f"Degradation is seen: the deeper {kind} net's training loss is higher"
        elif high.is_below(low):
            found = f"No degradation: the deeper {kind} net's training loss is lower"
        else:
            found = f"No degradation is seen: the {kind} nets' training losses overlap"
        yield f"{found}: {window_words(steps)} {losses}."


def _family(config: ResNetConfig) -> ResNetConfig:
    """What nets have in common that differ in depth alone."""
    return config.model_copy(update={"depths": ()})


def _still(net: Net, steps: int) -> Iterator[str]:
    """A loss that stays high: frozen where the updates are small too, not learning where not."""
    if not all(_stays(seed, steps) for seed in net.seeds):
        return
    losses = net.range(lambda c: float(c.history.loss[window(steps)].mean()))
    updates = net.range(lambda c: _update(c, steps))
    since = f"The loss of {net.name} has stayed near {losses} over the second half of the steps"
    moved = f"the median layer is updated by {updates} of its weights' norm a step"
    if not np.isfinite(updates).all():
        yield f"{since}; its updates are not finite or not recorded."
    elif updates.high < UPDATES[0]:
        yield f"{since}, and {moved}: it is frozen."
    else:
        yield f"{since}, while {moved}: it is not frozen, and hardly learns."


def _stays(contestant: Contestant, steps: int) -> bool:
    """Whether the loss is as at half-time, within its spread, and above half of the first."""
    loss = contestant.history.loss[:steps]
    then, now = loss[steps // 2 : 3 * steps // 4], loss[3 * steps // 4 :]
    if not np.isfinite(loss[[0, *range(steps // 2, steps)]]).all():
        return False
    is_same = abs(then.mean() - now.mean()) <= min(then.std() + now.std(), 0.1 * now.mean())
    return bool(is_same and now.mean() > 0.5 * loss[0])


def _update(contestant: Contestant, steps: int) -> float:
    taken = contestant.history.taken("update_ratio")
    rows = taken.values[taken.steps >= contestant.history.steps[window(steps)][0]]
    return float(np.median(rows)) if rows.size else np.nan
