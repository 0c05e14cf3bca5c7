"""The light ground of several seeds, as plotly joins it, against the seeds' own numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.through_time import through_time
from resnet_viz.figures.training_curves import training_curves
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.seeds import median_and_range
from resnet_viz.quantities.records import History
from tests.findings.made import contestant

STEPS, LAYERS = 12, 20
NORMS = np.random.default_rng(1).lognormal(size=(3, STEPS, LAYERS))
"""Of the first layers of seed 1, and at some steps of its first, there is nothing to show."""


def seeds(hidden: float) -> list[Contestant]:
    norms = NORMS.copy()
    norms[1, 4:7, 0] = hidden
    norms[1, :, 3:6] = hidden

    def seed(number: int) -> Contestant:
        def norm(step: int, column: int) -> float:
            return float(norms[number, step, column])

        return contestant("plain20-cifar", STEPS, norm=norm)

    return [seed(number) for number in range(3)]


def ground(figure: go.Figure, at: float, axis: str | None = "y") -> NDArray[np.float64]:
    """From where to where the ground goes at `at`, along the outline that plotly's "tonexty"
    makes: one line, and the other backwards."""
    low, high = [t for t in figure.data if t.name == "range" and t.yaxis == axis]
    x = np.concatenate([low.x, high.x[::-1], low.x[:1]]).astype(float)
    y = np.concatenate([low.y, high.y[::-1], low.y[:1]]).astype(float)
    assert np.isfinite(y).all(), "plotly joins what lies beside a gap"
    crossings = [
        float(np.interp(at, *zip(*sorted([(x[i], y[i]), (x[i + 1], y[i + 1])]), strict=True)))
        for i in range(len(x) - 1)
        if min(x[i : i + 2]) < at < max(x[i : i + 2])
    ]
    return np.array(sorted(crossings))


def between(values: NDArray[Any], at: float) -> NDArray[np.float64]:
    """The least and the largest of the seeds [seeds, places], on straight lines from one place to
    the next."""
    places = np.arange(values.shape[1])
    return np.array([np.interp(at, places, end) for end in (values.min(0), values.max(0))])


@pytest.mark.parametrize("hidden", [0.0, np.nan])
def test_where_a_seed_has_nothing_to_show_the_rest_of_the_ground_is_as_it_was(
    hidden: float,
) -> None:
    net = median_and_range(seeds(hidden))
    profiles, times = profile([net], 2), through_time([net])
    for at in (1.4, 7.5, 11.5, 19.7):  # positions count from 1
        expected = between(NORMS[:, 2], at - 1)
        np.testing.assert_allclose(ground(profiles, at), expected, rtol=1e-4)
    ratios = NORMS[:, :, 0] / NORMS[:, :, -1]
    for at in (0.5, 2.7, 7.5, 10.9):
        np.testing.assert_allclose(ground(times, at), between(ratios, at), rtol=1e-4)


def test_of_what_is_too_small_for_the_axis_the_ground_goes_to_its_edge_and_beyond() -> None:
    net = median_and_range(seeds(0.0))
    low, high = ground(profile([net], 2), 4.99)
    assert low < 1e-30
    assert high == pytest.approx(between(NORMS[:, 2], 3.99)[1], rel=0.5)
    assert ground(through_time([net]), 5.5)[0] == pytest.approx(1e-12)


def test_where_a_seed_has_no_number_there_is_no_ground() -> None:
    net = median_and_range(seeds(np.nan))
    for at in (3.5, 4.5, 5.5, 6.5):
        assert np.ptp(ground(profile([net], 2), at)) == pytest.approx(
            0 if 3 < at < 7 else np.ptp(between(NORMS[:, 2], at - 1)), abs=1e-6
        )
    assert np.ptp(ground(through_time([net]), 5.5)) == 0


def test_a_loss_that_runs_away_leaves_the_other_seeds_ground_at_the_top() -> None:
    runs = [contestant("plain20-cifar", STEPS, loss=lambda s, n=n: 2.0 + n + s) for n in range(3)]
    broken = [
        replace(record, loss=np.inf if 5 <= record.step < 8 else record.loss)
        for record in runs[2].history.records()
    ]
    figure = training_curves(
        [median_and_range([*runs[:2], replace(runs[2], history=History(broken))])]
    )
    np.testing.assert_allclose(ground(figure, 6.5), [8.5, 1000.0])
    np.testing.assert_allclose(ground(figure, 2.5), [4.5, 6.5])
