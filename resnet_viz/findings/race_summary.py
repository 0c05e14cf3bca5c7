"""Race summary: the claims that the records of a race support, the outcome first.

One way for a net with one run and for one with several. Nothing is said that the records do not
carry: one run is told as one run, and nets are compared over seeds (comparison.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, Method
from resnet_viz.findings.claims.claim import ends as span_of
from resnet_viz.findings.claims.comparison import comparisons, steps_of
from resnet_viz.findings.claims.convergence_speed import convergence_speed
from resnet_viz.findings.claims.degradation import degradation
from resnet_viz.findings.claims.feature_collapse import feature_collapse
from resnet_viz.findings.claims.gradient_claims import gradient_claims
from resnet_viz.findings.claims.layer_claims import layer_claims
from resnet_viz.findings.claims.learning import Course, Standing, State, standings
from resnet_viz.findings.claims.stalling import stalling
from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.findings.final_level import LEAST_STEPS
from resnet_viz.findings.nets import nets_in
from resnet_viz.findings.statistics import Estimate
from resnet_viz.findings.words.headline import OUTCOMES, headline
from resnet_viz.findings.words.sentences import Sentence, sentence, sentences
from resnet_viz.text import Words

ROSE = 2.0
"""A loss that rises above its first by this factor on the way is told."""


def happened(contestants: Sequence[Contestant]) -> list[Sentence]:
    """The summary of a race in sentences, the outcome first."""
    return sentences(claims(contestants))


def verdict(contestants: Sequence[Contestant], say: Words = str) -> str:
    """The outcome of a race, the first of those sentences; "" where nothing can be told yet."""
    found = claims(contestants)
    if any(claim.kind in OUTCOMES for claim in found):
        return headline(found, sentence, say)
    return next((sentence(claim) for claim in found), "")


def claims(contestants: Sequence[Contestant]) -> list[Claim]:
    """The claims of a race; [] until every run that is to start has a step."""
    started = [one for one in contestants if len(one.history)]
    idle = [one for one in contestants if not len(one.history)]
    if not started or not all(one.is_over for one in idle):
        return []
    nets = nets_in(started)
    standing = standings(nets)
    steps = min(course.steps for net in standing for course in net.courses)
    collected = [outcome(net) for net in standing]
    compared = list(comparisons(standing))
    collected += compared
    collected += [claim for net in standing for claim in _ended_early(net)]
    collected += [claim for net in standing for claim in (*_on_the_way(net), *layer_claims(net))]
    collected += degradation(standing, compared)
    if steps >= LEAST_STEPS:
        collected += convergence_speed(standing)
    measured = [net for net in standing if all(len(c.run.main) for c in net.courses)]
    collected += gradient_claims([net.looked_at for net in measured], steps)
    for net in standing:
        collected += [*feature_collapse(net), *stalling(net)]
    for one in idle:
        collected.append(Claim("no step", (one.name,), "loss", (0, 0)))
    return collected


def outcome(net: Standing) -> Claim:
    """The outcome of a net: the outcomes of its runs, and their losses and accuracies.

    Of one run, low and high are the ends of 95 % intervals; of several, the range over them.
    """
    states = {state: net.count(state) for state in _OUTCOMES if net.count(state)}
    kind: str = next(iter(states)) if len(states) == 1 else "mixed"
    values = _levels(net)
    values |= {state.replace(" ", "_"): float(count) for state, count in states.items()}
    course = net.courses[0]
    if course.run.classes is not None and course.run.chance is not None:
        values |= {"guess_loss": course.run.chance, "guess_accuracy": 1 / course.run.classes}
    values["steps"] = float(course.steps)
    if diverged := [c.diverged for c in net.courses if c.diverged is not None]:
        values["diverged_first"] = float(min(diverged))
    details = {
        "measured": "after the last update" if course.end.is_measured else "over minibatches",
        "state": "over" if all(c.run.is_over for c in net.courses) else "under way",
    }
    method: Method = "count" if net.runs > 1 else "mean"
    quantity = "final" if course.end.is_measured else "loss"
    interval = (values["loss_low"], values["loss_high"]) if "loss" in values else None
    evidence = Evidence(method, (net.runs,), interval=interval if net.runs == 1 else None)
    steps = steps_of([net])
    kind = "ended" if kind == "unknown" else kind
    return Claim(kind, (net.name,), quantity, steps, values, evidence, details=details)


_OUTCOMES: Sequence[State] = ("learnt", "not learnt", "unclear", "diverged", "too early", "unknown")


def _levels(net: Standing) -> dict[str, float]:
    """Loss and accuracy at the end, on training images and on held-out ones."""
    ends = [course.end for course in net.courses]
    values: dict[str, float] = {}
    for name in ("loss", "accuracy", "held_out_loss", "held_out_accuracy"):
        levels: list[Estimate | None] = [getattr(end, name) for end in ends]
        known = [level for level in levels if level is not None]
        if len(known) < len(levels):
            continue
        numbers = [level.value for level in known]
        spread = (known[0].low, known[0].high) if len(known) == 1 else numbers
        values |= {name: median(numbers), **span_of(name, spread)}
    for name in ("images", "held_out_images"):
        if (count := getattr(ends[0], name)) is not None:
            values[name] = float(count)
    return values


def _ended_early(net: Standing) -> Iterator[Claim]:
    """Runs that are not compared, having ended long before the others."""
    compared = {course.run.name for course in net.courses}
    for seed in net.net.seeds:
        if seed.name not in compared:
            last = int(seed.history.steps[-1])
            kind = "ended early" if seed.is_over else "still training"
            yield Claim(kind, (seed.name,), "loss", (0, last), {"steps": float(len(seed.history))})


def _on_the_way(net: Standing) -> Iterator[Claim]:
    """What the end does not show: gradients of 0, a peak, losses that were not finite."""
    if dead := [c.dead for c in net.courses if c.dead is not None]:
        first = min(dead, key=lambda one: one.step)
        values = {"layers": float(first.layers), "among": float(first.among)}
        values |= {"step": float(first.step), "runs": float(len(dead))}
        steps = first.step, net.courses[0].last
        evidence = Evidence("count", (net.runs,))
        yield Claim("dead", (net.name,), GRADIENT, steps, values, evidence, "gradients")
    whole = [course for course in net.courses if course.diverged is None]
    yield from _not_finite(net, whole)
    yield from _peak(net, whole)


def _not_finite(net: Standing, courses: Sequence[Course]) -> Iterator[Claim]:
    broken = [np.flatnonzero(~np.isfinite(course.loss)) for course in courses]
    some = [(course, rows) for course, rows in zip(courses, broken, strict=True) if len(rows)]
    if not some:
        return
    first = min(int(course.run.history.steps[rows[0]]) for course, rows in some)
    last = max(int(course.run.history.steps[rows[-1]]) for course, rows in some)
    values = {"count": float(sum(len(rows) for _, rows in some)), "runs": float(len(some))}
    evidence = Evidence("count", (net.runs,))
    yield Claim("not finite", (net.name,), "loss", (first, last), values, evidence)


def _peak(net: Standing, courses: Sequence[Course]) -> Iterator[Claim]:
    """A loss that rose far above its first, and came back or is on its way."""
    peaks = []
    for course in courses:
        loss = np.where(np.isfinite(course.loss), course.loss, -np.inf)
        row = int(np.argmax(loss))
        if np.isfinite(loss[0]) and loss[row] > ROSE * max(loss[0], course.run.chance or 0.0):
            peaks.append((float(loss[row]), int(course.run.history.steps[row]), float(loss[0])))
    if peaks:
        high, step, first = max(peaks)
        values = {"first": first, "peak": high, "runs": float(len(peaks))}
        evidence = Evidence("count", (net.runs,))
        yield Claim("peak", (net.name,), "loss", (step, step), values, evidence)
