"""Verdicts of the signs that experts check: computed from the records of a net."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.absence import layer_states_of
from resnet_viz.findings.claims import feature_collapse
from resnet_viz.findings.claims.learning import Course
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.gradient_flow import Flow, flow_at
from resnet_viz.measurements.base.verdict import MOST, Verdict, can_tell, k_word, ratio_words
from resnet_viz.quantities import quantity
from resnet_viz.quantities.layer_states import ABSENT, LayerState, states_over
from resnet_viz.quantities.records import Series
from resnet_viz.text import count, number

# The first blocks of a stage are not yet what the theory of many blocks says.
FROM_BLOCK = 5
# Updates of a thousandth of the weights' size, within a factor of ten.
UPDATES = (1e-4, 1e-2)


NOT_MEASURED = Verdict("not measured", "The records do not hold it.")


def gradient_ratio(net: Contestant) -> Verdict:
    """The gradient at the first block's input over that at the last one's, at the first step."""
    flow = flow_at(net, 0)
    if flow is None:
        return NOT_MEASURED
    if not np.isfinite(flow.ratio):
        sizes = (
            f"{number(flow.first)} at the first block's input, {number(flow.last)} at the last's"
        )
        return Verdict(flow.word, f"The gradient cannot be compared: {sizes}.", flow.ratio)
    text = (
        f"At step {flow.step} the gradient is {ratio_words(flow.ratio)} times as large at the "
        "first block's input as at the last's"
    )
    return Verdict(flow.word, f"{text}{_per_layer(flow)}.", flow.ratio)


def _per_layer(flow: Flow) -> str:
    """The factor per layer, where it is known how many layers lie between and one can be named."""
    if not np.isfinite(flow.layers) or flow.layers < 1 or flow.ratio <= 0:
        return ""
    layers = count(int(flow.layers), "layer")
    if flow.rate is not None:
        return f", {flow.rate:.2f}x per layer (fit over {layers})"
    if flow.fit is not None:
        return f"; no single factor per layer fits over the {layers} between them"
    return f", on average {flow.ratio ** (1 / flow.layers):.2f}x for each of the {layers} between"


def shortcut_share(net: Contestant) -> Verdict:
    """The share of the gradient that came through the shortcuts, at the newest measured step."""
    names = ("grad_input_norm", "grad_shortcut_norm", "grad_branch_norm", "grad_cosine")
    if _is_plain(net, "grad_shortcut_norm"):
        return Verdict("no shortcuts", "All of the gradient comes through the branches.", 0.0)
    rows = [net.history.series(name) for name in names]
    if not all(len(row.steps) for row in rows):
        return NOT_MEASURED
    with_shortcut = net.along("grad_shortcut_norm").names
    columns = [net.along("grad_input_norm").names.index(name) for name in with_shortcut]
    whole, shortcut, branch, cosine = (row.values[-1].astype(np.float64) for row in rows)
    branch = branch[[net.along("grad_branch_norm").names.index(name) for name in with_shortcut]]
    products = shortcut * branch * np.nan_to_num(cosine)  # a part that is 0 has no direction
    with np.errstate(all="ignore"):
        shares = (shortcut**2 + products) / whole[columns] ** 2
    known = shares[np.isfinite(shares)]
    if not known.size:
        word = "is 0" if np.isfinite(whole[columns]).all() else "not finite"
        return Verdict(word, "No block's gradient is finite and above 0.")
    share = float(known.mean())
    word = "through the shortcuts" if share >= MOST else "through the branches"
    blocks = count(known.size, "block")
    step = int(rows[0].steps[-1])
    return Verdict(
        word,
        f"At step {step} the shortcuts carry {share:.0%} of the gradient, the branches the rest "
        f"(mean over {blocks}).",
        share,
    )


def branch_variance(net: Contestant) -> Verdict:
    """The ratio of branch to shortcut variance times the block's number in its stage, at the first
    step.

    Only of stages that begin a new sum: the first, and with projections all. A zero-padded shortcut
    passes on what the stages before have added up.
    """
    if _is_plain(net, "branch_ratio"):
        return Verdict("no shortcuts", "Not applicable: no shortcuts.")
    ratios, names = net.history.series("branch_ratio"), net.along("branch_ratio").names
    numbers = [_number_in_stage(name) for name in names]
    if not len(ratios.steps) or None in numbers or len(numbers) != ratios.values.shape[1]:
        return NOT_MEASURED
    goes_on = net.config is not None and net.config.shortcut == "zero_pad"
    begins = np.array([not goes_on or name.startswith("stages.0.") for name in names])
    k = np.array(numbers, np.float64)[begins]
    products = k * ratios.values[0, begins]
    late = k >= FROM_BLOCK
    chosen = products[late] if late.any() else products
    if not np.isfinite(chosen).any():
        return Verdict("not finite", "No block's variance is finite and above 0.")
    value = float(np.nanmedian(chosen))
    stages = "stage 1" if goes_on else "each stage"
    which = f"blocks {FROM_BLOCK} and later of {stages}" if late.any() else f"blocks of {stages}"
    share = f"about {number(value, 2)}/k of" if value else "nothing to"
    return Verdict(
        k_word(value),
        f"At step {ratios.steps[0]} block k adds {share} the variance that its shortcut passes on "
        f"(median over {which}).",
        value,
    )


def _is_plain(net: Contestant, name: str) -> bool:
    """Whether nothing has this quantity for want of shortcuts; of a watched net nobody knows."""
    return net.config is not None and bool(net.header) and not len(net.along(name))


def _number_in_stage(block: str) -> int | None:
    """From 1, of a path such as "stages.0.4"."""
    head, _, index = block.rpartition(".")
    return int(index) + 1 if head.startswith("stages.") and index.isdecimal() else None


def update_ratio(net: Contestant) -> Verdict:
    """The size of the newest update relative to the weights."""
    ratios = net.history.series("update_ratio")
    if not len(ratios.steps):
        return NOT_MEASURED
    columns = net.place("update_ratio").of("main")
    if not len(columns):
        return NOT_MEASURED
    values = ratios.values[-1, columns]
    if not np.isfinite(values).all():
        broken = count(int((~np.isfinite(values)).sum()), "layer")
        return Verdict(
            "not finite", f"At step {ratios.steps[-1]} the update of {broken} is not finite."
        )
    value = float(np.median(values))
    low, high = UPDATES
    word = "small updates" if value < low else "large updates" if value > high else "usual updates"
    return Verdict(
        word,
        f"Step {ratios.steps[-1]} changes a layer's weights by {number(value)} of their size "
        f"(median over {count(len(values), 'layer')}; a thousandth is the rule of thumb).",
        value,
    )


def effective_rank(net: Contestant) -> Verdict:
    """The number of directions that the features span, at the newest measured step."""
    ranks = feature_collapse.median_ranks(net)
    if not ranks.values.size:
        return NOT_MEASURED
    value, first = float(ranks.values[-1, 0]), float(ranks.values[0, 0])
    word = "few directions" if feature_collapse.is_few(value, net.classes) else "not collapsed"
    if feature_collapse.is_collapsed(value, Course(net, len(net.history))):
        word = "collapsed"
    if not can_tell(feature_collapse.images_of(net)):
        word = "too few images"
    blocks = count(net.history.series(feature_collapse.RANK).values.shape[1], "block")
    before = f"; at step {ranks.steps[0]} {number(first)}" if len(ranks.steps) > 1 else ""
    return Verdict(
        word if np.isfinite(value) else "not finite",
        f"At step {ranks.steps[-1]} the features {feature_collapse.IMAGES} differ in "
        f"{number(value)} directions (median of {blocks}){before}.",
        value,
    )


# NaN has a meaning of its own in the others, such as a cosine with a part that is 0.
WATCHED = ("grad_norm", "weight_norm", "update_ratio", "output_rms", "grad_input_norm")


def first_broken(net: Contestant) -> Verdict:
    """The first inf or NaN in the loss and in what is measured."""
    steps = net.history.steps
    if not len(steps):
        return NOT_MEASURED
    broken = list(_broken(net))
    is_thinned = any(map(net.history.is_thinned, WATCHED))
    but = " Of so long a run all but the loss is looked at every few steps." if is_thinned else ""
    if not broken:
        return Verdict("none", f"All values are finite in {count(len(steps), 'step')}.{but}")
    step, name = min(broken, key=lambda pair: pair[0])
    return Verdict(f"at step {step}", f"At step {step} {name} is inf or NaN.{but}", float(step))


def _broken(net: Contestant) -> Iterator[tuple[int, str]]:
    """The first step of each that is not finite, and what it is."""
    loss = np.flatnonzero(~np.isfinite(net.history.loss))
    if loss.size:
        yield int(net.history.steps[loss[0]]), "the loss"
    for name in WATCHED:
        series: Series = net.history.series(name)
        if not series.values.size:
            continue
        rows, columns = np.nonzero(~np.isfinite(series.values) & ~_is_absent(net, name, series))
        if rows.size:
            of = net.along(name).names
            where = f" of {of[columns[0]]}" if columns[0] < len(of) else ""
            yield int(series.steps[rows[0]]), f"the {quantity(name).title}{where}"


def _is_absent(net: Contestant, name: str, series: Series) -> NDArray[np.bool_]:
    """Which of a quantity's values [T, n] are not there, and so are no bad numbers.

    The ratio of an update to weights that are all 0 is none. At a block nothing has passed where a
    value is NaN while all that was measured of the layers is finite.
    """
    is_none = np.isnan(series.values)
    weights = net.history.series("weight_norm")
    if name == "update_ratio" and np.array_equal(weights.steps, series.steps):
        return np.asarray((weights.values == 0) | (is_none & _is_layer_absent(net, name, series)))
    if net.along(name).axis == "block":
        every = states_over(net.history, series.steps)
        if every is None:
            return np.zeros(series.values.shape, np.bool_)
        return np.asarray(is_none & ~(every == LayerState.NOT_FINITE).any(1)[:, None])
    return is_none & _is_layer_absent(net, name, series)


def _is_layer_absent(net: Contestant, name: str, series: Series) -> NDArray[np.bool_]:
    states = layer_states_of(net, name, series)
    return np.zeros(series.values.shape, np.bool_) if states is None else np.isin(states, ABSENT)
