"""What is sent of a figure: put in, the changes make the new figure of the old one exactly."""

from __future__ import annotations

import json
from base64 import b64decode
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.training_curves import training_curves
from resnet_viz.ui.components.charts.figure_diff import Drawn, as_json, changes
from tests.findings.made import contestant

NUMBERS = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.int64]),
    st.one_of(st.tuples(st.integers(0, 6)), st.tuples(st.just(3), st.integers(0, 6))),
    elements=st.integers(0, 2),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2),
    st.floats(0, 1, allow_subnormal=False),
    st.text(max_size=2),
    NUMBERS,
)
TREES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner)
        ),
        max_leaves=8,
    ),
)


def decoded(text: str) -> Any:
    """JSON with the arrays in it as lists."""

    def array(value: dict[str, Any]) -> Any:
        if "numbers" not in value:
            return value
        flat = np.frombuffer(
            b64decode(value["numbers"]), np.dtype(value["dtype"]).newbyteorder("<")
        )
        return flat.reshape(value["shape"])

    return json.loads(text, object_hook=array)


def put_in(tree: Any, news: Any) -> Any:
    """What live_chart.js does."""
    for path, kind, *what in news:
        *way, last = path
        part = tree
        for key in way:
            part = part[key]
        if kind == "set":
            (part[last],) = what
        elif kind == "drop":
            del part[last]
        else:
            kept, end = what
            part[last] = np.concatenate([part[last][..., :kept], end], axis=-1)
    return tree


def plain(value: Any) -> Any:
    """For comparison: arrays with their types, NaN equal to itself."""
    if isinstance(value, np.ndarray):
        return (value.dtype.name, value.shape, value.tobytes())
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else (type(value), value)


def whole(tree: Any) -> Any:

    return decoded(as_json(tree))


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_any_tree_becomes_any_other(old: Any, new: Any) -> None:

    news = decoded(as_json(changes(old, new)))
    assert plain(put_in(whole(old), news)) == plain(whole(new))
    assert changes(new, new) == []


@pytest.mark.parametrize("draw", [lambda n: profile(n, 99), heat_maps, training_curves])
def test_a_race_that_grows(draw: Any) -> None:
    """Step by step, and over some steps at once; what is not finite too."""

    def at(steps: int) -> Drawn:
        def norm(step: int, column: int) -> float:
            return np.nan if column == step else np.inf if column == 3 else 1 + step * column

        nets = [
            contestant("plain20-cifar", steps, norm=norm),
            contestant("resnet20-cifar", max(0, steps - 3), loss=lambda s: np.nan if s else 1),
        ]
        return Drawn.of(draw(nets))

    looks = [at(steps) for steps in (0, 1, 2, 5, 6, 40)]
    for before, after in pairwise(looks):
        made = put_in(decoded(before.text), decoded(after.since(before)))
        assert plain(made) == plain(decoded(after.text))


def test_little_is_sent_of_a_race_that_grows() -> None:
    def at(steps: int) -> Drawn:
        return Drawn.of(heat_maps([contestant("plain110-cifar", steps, norm=lambda s, c: 1.0)]))

    before, after = at(200), at(201)
    assert len(after.text) > 100_000
    assert len(after.since(before)) < 2_000
    assert after.since(before) is after.since(before), "made once"


def test_figures_that_look_alike_have_one_version() -> None:
    one, other, third = (Drawn.of(go.Figure({"y": np.arange(n)})) for n in (3, 3, 4))
    assert one.version == other.version != third.version


def test_what_has_no_json_is_named() -> None:
    figure = go.Figure(layout={"meta": {"net": object()}})
    with pytest.raises(TypeError, match="object"):
        Drawn.of(figure)
