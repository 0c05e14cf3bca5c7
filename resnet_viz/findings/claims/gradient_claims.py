"""Gradient claims: gradients at the blocks' inputs, and those of the weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, ends
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import window
from resnet_viz.findings.gradient_flow import INPUTS, Flow, flow_at, main_norms, weight_ratio
from resnet_viz.findings.nets import Net

WEIGHTS = "grad_norm"


def gradient_claims(nets: Sequence[Net], steps: int) -> Iterator[Claim]:
    """Claims about the gradients of each net in the first `steps` steps, then net against net."""
    for net in nets:
        if (claim := _inputs(net, steps)) is not None:
            yield claim
        yield _weights(net, steps)
    for other in nets[1:]:
        yield _against(nets[0], other, steps)


def _inputs(net: Net, steps: int) -> Claim | None:
    """The gradient at the blocks' inputs where it was measured first, and where last."""
    flows = [flow for seed in net.seeds if (flow := flow_at(seed, 0)) is not None]
    if len(flows) < len(net.seeds):
        return None
    words = Counter(flow.word for flow in flows)
    word, agree = words.most_common(1)[0]
    start, end = flows[0].step, flows[0].step
    values = {"agree": float(agree), **ends("ratio", [flow.ratio for flow in flows])}
    values["layers"] = flows[0].layers
    rates = [rate for flow in flows if (rate := flow.rate) is not None]
    if len(rates) == len(flows):
        values |= ends("rate", rates)
    elif all(flow.stages for flow in flows):
        medians = np.median([flow.stages for flow in flows], axis=0)
        values |= {f"stage_{n}": float(rate) for n, rate in enumerate(medians, 1)}
    later = [flow for seed in net.seeds if (flow := _last_flow(seed, steps)) is not None]
    if len(later) == len(flows) and all(flow.step > start for flow in later):
        end = max(flow.step for flow in later)
        values |= ends("late", [flow.ratio for flow in later])
    explained = [flow.fit.explained if flow.fit is not None else None for flow in flows]
    least = min((one for one in explained if one is not None), default=None)
    evidence = Evidence("fit", (len(net.seeds),), r_squared=None if None in explained else least)
    kind = f"gradient {word}"
    return Claim(kind, (net.name,), INPUTS, (start, end), values, evidence, "gradients")


def _last_flow(seed: Contestant, steps: int) -> Flow | None:
    """The flow that was measured last within the first `steps` steps."""
    row = seed.history.series(INPUTS).row_at(int(seed.history.steps[steps - 1]))
    return None if row is None else flow_at(seed, row)


def _weights(net: Net, steps: int) -> Claim:
    """The weight gradient of the first layer over the last's, at the first step and at the end."""
    first = int(net.seeds[0].history.steps[0])
    values = ends("start", [weight_ratio(seed, (first, first)) for seed in net.seeds])
    end = first
    if (late := _late(net.seeds[0], steps)) is not None:
        end, values["late_from"] = late[1], float(late[0])
        values |= ends("late", [weight_ratio(seed, late) for seed in net.seeds])
    evidence = Evidence("one run" if len(net.seeds) == 1 else "count", (len(net.seeds),))
    kind = "weight gradients"
    return Claim(kind, (net.name,), WEIGHTS, (first, end), values, evidence, "gradients")


def _against(net: Net, other: Net, steps: int) -> Claim:
    """The weight gradients of `other` over those of `net`: the median layer's, in each of the
    seeds that both have."""
    pairs = list(zip(net.seeds, other.seeds, strict=False))
    first = int(net.seeds[0].history.steps[0])
    start = [_compared(*pair, (first, first)) for pair in pairs]
    values, end = ends("start", start), first
    if (late := _late(net.seeds[0], steps)) is not None:
        end, values["late_from"] = late[1], float(late[0])
        values |= ends("late", [_compared(*pair, late) for pair in pairs])
    counts = {len(pair[0].main) for pair in pairs} | {len(pair[1].main) for pair in pairs}
    values["layers"] = float(min(counts)) if len(counts) == 1 else np.nan
    evidence = Evidence("one run" if len(pairs) == 1 else "count", (len(pairs), len(pairs)))
    names = (other.name, net.name)
    kind, span = "weight gradients between", (first, end)
    return Claim(kind, names, WEIGHTS, span, values, evidence, "gradients")


def _compared(net: Contestant, other: Contestant, steps: tuple[int, int]) -> float:
    """The median ratio over the layers; of nets of other depths, the ratio of the medians."""
    ours, theirs = (main_norms(one, steps) for one in (net, other))
    known = [np.isfinite(norms) & (norms > 0) for norms in (ours, theirs)]
    if len(ours) == len(theirs):
        both = known[0] & known[1]
        return float(np.median(theirs[both] / ours[both])) if both.any() else np.nan
    if not (known[0].any() and known[1].any()):
        return np.nan
    return float(np.median(theirs[known[1]]) / np.median(ours[known[0]]))


def _late(seed: Contestant, steps: int) -> tuple[int, int] | None:
    """The first and the last step of the end of the race; None where that holds the first step."""
    rows = window(steps)
    if not rows.start:
        return None
    return int(seed.history.steps[rows.start]), int(seed.history.steps[rows.stop - 1])
