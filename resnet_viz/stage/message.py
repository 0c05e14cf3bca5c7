"""Stage message: what the scripts of the stage are told of a race, as JSON.

A whole message says what the nets are and has all records; news have the records since, and say
how many rows a reader must have. Values are float32, little-endian, in base64: NaN where nothing
was measured, inf or -inf where a value is not finite.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.findings.absence import absent_states
from resnet_viz.findings.colours import DARK
from resnet_viz.findings.contestant import GRADIENT, Contestant, thinned
from resnet_viz.findings.final_level import end_of
from resnet_viz.quantities import quantity
from resnet_viz.quantities.records import Floats, Series
from resnet_viz.stage.strip import stages, strip
from resnet_viz.stage.words import WORDS

SHARE = "shortcut_share"
"""The share of the gradient at a block's input that came through its shortcut, by block."""
QUANTITIES = (GRADIENT, "grad_input_norm", "update_ratio", "weight_norm", "effective_rank")
"""Those among which a viewer may choose, where they were measured; the first is shown first."""
_SHORTCUT, _BRANCH, _COSINE = "grad_shortcut_norm", "grad_branch_norm", "grad_cosine"


def whole_message(
    nets: Sequence[Contestant],
    steps: int,
    names: Sequence[str] = QUANTITIES,
    most_rows: int | None = None,
) -> dict[str, Any]:
    """All that is known of a race of `steps` steps, with those quantities of `names` that a net
    has; of each at most `most_rows` rows, the first and the last among them."""
    measured = [name for name in names if any(len(net.history.series(name).steps) for net in nets)]
    held = measured or [GRADIENT]
    records = [_records(net, held, {}, most_rows) for net in nets]
    return {
        "steps": steps,
        "words": dict(WORDS),
        "quantities": [_about(nets, name) for name in held],
        "nets": [_net(net, held) for net in nets],
        "records": records,
        **_state(nets),
    }


def news_message(
    nets: Sequence[Contestant], names: Sequence[str], have: Sequence[Mapping[str, int]]
) -> dict[str, Any]:
    """The records that a reader does not `have`: of each net how many rows it has of its `curves`
    and of each quantity."""
    records = [_records(net, names, own) for net, own in zip(nets, have, strict=True)]
    return {"records": records, **_state(nets)}


def _state(nets: Sequence[Contestant]) -> dict[str, Any]:
    return {
        "ends": [_end(net) for net in nets],
        "over": all(net.is_over for net in nets),
    }


def rows_of(net: Contestant, names: Sequence[str]) -> dict[str, int]:
    """How many rows there are of a net's `curves` and of each quantity."""
    series = {name: _lasting(net, net.history.series(name), name) for name in names}
    series[SHARE] = _lasting(net, share_of_shortcut(net), _SHORTCUT)
    counts = {name: len(own.steps) for name, own in series.items()}
    return counts | {"curves": len(net.history)}


def _lasting(net: Contestant, series: Series, name: str) -> Series:
    """The rows that stay: of a thinned history the newest gives way to the next."""
    steps = series.steps
    if net.is_over or not net.history.is_thinned(name) or len(steps) < 3:
        return series
    is_even = steps[-1] - steps[-2] == steps[1] - steps[0]
    return series if is_even else Series(steps[:-1], series.values[:-1])


def share_of_shortcut(net: Contestant) -> Series:
    """The shortcut's share [T, blocks] of the gradient at each block's input: g_s . g / |g|^2.

    From the norms of both parts and the cosine between them, which is 0 where it was not recorded
    (He et al. 2016, arXiv:1603.05027, eq. 5).
    """
    shortcut, branch = net.history.series(_SHORTCUT), net.history.series(_BRANCH)
    rows = min(len(shortcut.steps), len(branch.steps))
    if not rows or shortcut.values.shape[1] != branch.values.shape[1]:
        return Series(np.empty(0, np.int64), np.empty((0, 0), np.float32))
    s, b = (part.values[:rows].astype(np.float64) for part in (shortcut, branch))
    cosine = net.history.series(_COSINE).values
    c = cosine[:rows] if len(cosine) >= rows and cosine.shape[1:] == s.shape[1:] else np.zeros(1)
    with np.errstate(all="ignore"):
        share = (s * s + s * b * c) / (s * s + b * b + 2 * s * b * c)
    return Series(shortcut.steps[:rows], _by_box(net, share.astype(np.float32)))


def _by_box(net: Contestant, share: Floats) -> Floats:
    """The columns of the blocks in the order of their boxes: of a found block without weights
    there is none."""
    names = net.along(_SHORTCUT).names
    if not net.shortcuts or share.shape[1] != len(names):
        return share
    column = {name: number for number, name in enumerate(names)}
    boxes = [box.name for box in strip(net) if box.name]
    chosen = [column[name] for name in boxes if name in column]
    ordered = np.full((len(share), len(boxes)), np.nan, np.float32)
    ordered[:, [place for place, name in enumerate(boxes) if name in column]] = share[:, chosen]
    return ordered


def _about(nets: Sequence[Contestant], name: str) -> dict[str, Any]:
    about = quantity(name)
    axes = {net.along(name).axis for net in nets if len(net.along(name))}
    return {
        "name": name,
        "title": about.title[:1].upper() + about.title[1:],
        "log": about.scale == "log",
        "axis": "block" if axes == {"block"} else "layer",
        "sentence": about.sentence,
        **usual(nets, name),
    }


def usual(nets: Sequence[Contestant], name: str) -> dict[str, Any]:
    """What counts as usual: the median layer at the first step of the first residual net, or of the
    first net where none is residual."""
    residual = [net for net in nets if net.config and net.config.shortcut != "none"]
    for net in residual or nets[:1]:
        series, columns = net.history.series(name), net.place(name).of("main")
        if len(series.steps):
            first = series.values[0, columns].astype(np.float64)
            fits = first[np.isfinite(first) & ((first > 0) | (quantity(name).scale != "log"))]
            if len(fits):
                return {"usual": float(np.median(fits)), "usual_of": paper_name(net.name)}
    return {"usual": None, "usual_of": ""}


def _net(net: Contestant, names: Sequence[str]) -> dict[str, Any]:
    boxes = strip(net)
    return {
        "name": paper_name(net.name),
        "colours": [net.colour, DARK.get(net.colour, net.colour)],
        "depth": max((box.last for box in boxes), default=1),
        "boxes": [box._asdict() for box in boxes],
        "stages": stages(boxes),
        "seeds": net.seeds,
        "classes": net.classes,
        "batch": net.batch_size,
        "along": {name: _along(net, name) for name in names},
    }


def _along(net: Contestant, name: str) -> dict[str, Any]:
    """Which layers of the main path each column of a quantity is of."""
    places = net.place(name).only("main")
    if net.along(name).axis == "block":
        spans = {box.name: (box.first, box.last) for box in strip(net)}
        at = [spans.get(of, (0, 0)) for of in places.names]
    else:
        at = [(int(position), int(position)) for position in places.positions]
    return {"names": places.names, "at": at}


def _records(
    net: Contestant, names: Sequence[str], have: Mapping[str, int], most: int | None = None
) -> dict[str, Any]:
    begin, history = have.get("curves", 0), net.history
    series = {name: _lasting(net, _drawn(net, name), name) for name in names}
    series[SHARE] = _lasting(net, share_of_shortcut(net), _SHORTCUT)
    if most is not None:
        series = {name: _thinned(own, most) for name, own in series.items()}
    return {
        "curves": {
            "begin": begin,
            "loss": _packed(history.loss[begin:]),
            "accuracy": _packed(history.accuracy[begin:]),
        },
        "series": {name: _rows(own, have.get(name, 0)) for name, own in series.items()},
    }


def _thinned(series: Series, most: int) -> Series:
    rows = thinned(len(series.steps), most)
    return Series(series.steps[rows], series.values[rows])


def _drawn(net: Contestant, name: str) -> Series:
    """A quantity along the main path; NaN stands for what is absent alone."""
    series = net.history.series(name)
    if not len(series.steps):
        return series
    is_bad = np.isnan(series.values) & (absent_states(net, name, series) == 0)
    values = np.where(is_bad, np.float32(-np.inf), series.values)
    return Series(series.steps, values[:, net.place(name).of("main")])


def _rows(series: Series, begin: int) -> dict[str, Any]:
    return {
        "begin": begin,
        "steps": series.steps[begin:].tolist(),
        "values": _packed(series.values[begin:]),
    }


def _packed(values: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def _end(net: Contestant) -> dict[str, Any] | None:
    """How the net does after its last update, where that was measured."""
    if not net.is_over or not len(net.history):
        return None
    end = end_of(net, len(net.history))
    if not end.is_measured:
        return None
    is_held_out = end.held_out_accuracy is not None
    accuracy = end.held_out_accuracy if is_held_out else end.accuracy
    return {
        "loss": None if end.loss is None else end.loss.value,
        "accuracy": None if accuracy is None else accuracy.value,
        "images": end.held_out_images if is_held_out else end.images,
        "held_out": is_held_out,
    }
