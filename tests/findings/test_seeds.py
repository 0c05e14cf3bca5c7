"""Several seeds as one net: medians and ranges against numpy on the runs themselves."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.training_curves import Curves, running_mean, training_curves
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.seeds import median_and_range
from resnet_viz.quantities.records import History, StepRecord
from tests.findings.made import contestant

RANDOM = np.random.default_rng(0).lognormal(size=(4, 60, 20))


def run(seed: int, steps: int) -> Contestant:
    values = RANDOM[seed]
    return contestant(
        "plain20-cifar",
        steps,
        norm=lambda step, column: float(values[step, column]),
        loss=lambda step: float(values[step, 0]),
        accuracy=lambda step: float(values[step, 1]) % 1,
    )


def test_the_median_and_the_range_at_each_step_are_those_of_the_seeds_that_came_to_it() -> None:
    runs = [run(0, 9), run(1, 5), run(2, 7)]
    net = median_and_range(runs)
    assert net.seeds == 3
    assert net.low is not None
    assert net.high is not None
    assert len(net.history) == 9
    for step in range(9):
        come = [r.history for r in runs if len(r.history) > step]
        norms = np.array([h.series("grad_norm").values[step] for h in come])
        np.testing.assert_array_equal(
            net.history.series("grad_norm").values[step], np.median(norms, axis=0)
        )
        np.testing.assert_array_equal(net.low.series("grad_norm").values[step], norms.min(axis=0))
        np.testing.assert_array_equal(net.high.series("grad_norm").values[step], norms.max(axis=0))
        assert net.history.loss[step] == np.median([h.loss[step] for h in come])
        assert net.high.accuracy[step] == max(h.accuracy[step] for h in come)


def test_one_seed_is_itself_and_nothing_is_nothing() -> None:
    only = run(0, 3)
    assert median_and_range([only]) is only
    assert len(median_and_range([run(0, 0), run(1, 0)]).history) == 0


def test_what_is_not_finite_in_one_seed_is_not_hidden() -> None:
    broken = contestant("plain20-cifar", 2, norm=lambda s, c: np.nan if c == 4 else 1.0)
    net = median_and_range([run(0, 2), broken, run(1, 2)])
    assert np.isnan(net.history.series("grad_norm").values[:, 4]).all()
    assert np.isfinite(net.history.series("grad_norm").values[:, 5]).all()


def test_long_histories_that_are_thinned_differently_meet_on_common_steps() -> None:
    def long(steps: int) -> Contestant:
        history = History(most=16)
        history.extend(
            StepRecord(s, 1.0, 0.5, 0.0, {"grad_norm": np.full(20, s, np.float32)})
            for s in range(steps)
        )
        made = contestant("plain20-cifar", 0)
        return Contestant(made.name, made.colour, made.layers, history)

    taken = median_and_range([long(100), long(31)]).history.series("grad_norm")
    np.testing.assert_array_equal(taken.values[:, 0], taken.steps)
    assert taken.steps.tolist() == [*range(0, 97, 8), 99]


def test_figures_draw_the_range_and_the_median() -> None:
    runs = [run(0, 6), run(1, 6), run(2, 6)]
    net = median_and_range(runs)
    low, high = (t for t in profile([net], 5).data if t.name == "range")
    norms = np.array([r.history.series("grad_norm").values[5] for r in runs])
    np.testing.assert_array_equal(low.y, norms.min(axis=0))
    np.testing.assert_array_equal(high.y, norms.max(axis=0))
    assert high.fill == "tonexty"
    curves = training_curves([net]).data
    assert [t.name for t in curves].count("range") == 4
    loss = next(t for t in curves if t.showlegend)
    expected = np.median([r.history.loss for r in runs], axis=0)
    np.testing.assert_allclose(loss.y, expected, 1e-6)
    (heat,) = heat_maps([net]).data
    np.testing.assert_allclose(
        10**heat.z, np.median([r.history.series("grad_norm").values for r in runs], 0).T, 1e-5
    )


@pytest.mark.parametrize("of", [1, 3, 10])
def test_a_running_mean_is_the_mean_of_the_last_steps(of: int) -> None:
    values = RANDOM[3, :, 0].copy()
    values[[4, 5, 20]] = np.nan
    expected = [
        np.nan if np.isnan(values[i]) else np.nanmean(values[max(0, i + 1 - of) : i + 1])
        for i in range(len(values))
    ]
    np.testing.assert_allclose(running_mean(values, of), expected, 1e-9)


def test_smoothed_curves_keep_the_minibatches_own_values() -> None:
    net = run(0, 40)
    traces = training_curves([net], Curves("linear", 5)).data
    faint, thick, *_ = traces
    np.testing.assert_allclose(faint.y, net.history.loss, 1e-6)
    np.testing.assert_allclose(thick.y, running_mean(net.history.loss, 5), 1e-6)
    assert faint.opacity < 1
    assert training_curves([net], Curves("linear")).layout.yaxis.type is None


def test_held_out_losses_are_markers_at_their_steps() -> None:
    plain = run(0, 6)
    history = History(
        StepRecord(r.step, r.loss, r.accuracy, r.seconds, dict(r.values) | held(r.step))
        for r in plain.history.records()
    )
    net = Contestant("net", plain.colour, plain.layers, history)
    for one in (net, median_and_range([net, net])):
        loss, accuracy = (t for t in training_curves([one]).data if t.mode == "markers")
        assert (list(loss.x), list(accuracy.x)) == ([2, 5], [2, 5])
    assert (list(loss.x), list(accuracy.x)) == ([2, 5], [2, 5])
    np.testing.assert_array_equal(loss.y, np.array([2.5, 5.5], np.float32))
    assert (accuracy.yaxis, loss.yaxis) == ("y2", None)


def held(step: int) -> dict[str, np.ndarray]:
    if step % 3 != 2:
        return {}
    values = {"eval_loss": step + 0.5, "eval_accuracy": step / 10}
    return {name: np.array([value], np.float32) for name, value in values.items()}
