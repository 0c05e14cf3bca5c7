"""Through time: three quantities a net, over seeds by each seed's own numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.through_time import MOST_POINTS, through_time
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.seeds import median_and_range
from resnet_viz.quantities.records import History, StepRecord
from tests.findings.made import contestant

LAST = 19


def net(steps: int, first: float = 8.0, every: int = 20, seed: int = 0) -> Contestant:
    """First layer's gradient norm `first`, the last's 1 + seed; ranks at every so many steps."""
    random = np.random.default_rng(seed)
    made = contestant("plain20-cifar", 1)
    records = []
    for step in range(steps):
        norms = np.full(LAST + 1, 3.0, np.float32)
        norms[0], norms[-1] = first, 1 + seed
        values = {"grad_norm": norms, "update_ratio": random.uniform(1e-4, 1e-2, LAST + 1)}
        if step % every == 0:
            values["effective_rank"] = random.uniform(1, 63, 9)
        rows = {name: row.astype(np.float32) for name, row in values.items()}
        records.append(StepRecord(step, 1.0, 0.5, 0.1 * step, rows))
    return replace(made, history=History(records))


def line(figure: object, axis: str) -> dict[str, object]:
    """The first net's line in a panel."""
    traces = [t.to_plotly_json() for t in figure.data if t.yaxis == axis]  # type: ignore[attr-defined]
    return next(t for t in traces if t["name"] != "range")


def notes(figure: object) -> str:
    return " ".join(note.text for note in figure.layout.annotations)  # type: ignore[attr-defined]


def test_lines_are_the_records_own_numbers() -> None:
    made = net(41)
    figure = through_time([made])
    ratio, rank, update = (line(figure, axis) for axis in ("y", "y2", "y3"))
    np.testing.assert_allclose(ratio["y"], 8.0)
    np.testing.assert_array_equal(rank["x"], [0, 20, 40])
    ranks = made.history.series("effective_rank").values.astype(np.float64)
    np.testing.assert_allclose(rank["y"], [np.sort(row)[4] for row in ranks], rtol=1e-6)
    assert rank["mode"] == "lines+markers"
    updates = made.history.series("update_ratio").values.astype(np.float64)
    middle = [(np.sort(row)[9] + np.sort(row)[10]) / 2 for row in updates]
    np.testing.assert_allclose(update["y"], middle, rtol=1e-6)
    assert all(figure.layout[axis].type == "log" for axis in ("yaxis", "yaxis2", "yaxis3"))
    assert [trace.showlegend for trace in figure.data] == [True, False, False]


def test_of_seeds_the_median_is_of_their_own_ratios() -> None:
    """Of norms 8 / 1, 2 / 2, 9 / 3 the ratios are 8, 1, 3; the ratio of medians is 8 / 2."""
    seeds = [net(41, first, seed=seed) for seed, first in enumerate((8.0, 2.0, 9.0))]
    figure = through_time([median_and_range(seeds)])
    np.testing.assert_allclose(line(figure, "y")["y"], 3.0)
    low, high = [trace.y for trace in figure.data if trace.yaxis == "y" and trace.name == "range"]
    np.testing.assert_allclose(low, 1.0)
    np.testing.assert_allclose(high, 8.0)


def test_seeds_that_have_come_to_different_steps() -> None:
    figure = through_time([median_and_range([net(41), net(12, seed=1), net(0)])])
    assert len(np.asarray(line(figure, "y")["x"])) == 41
    np.testing.assert_array_equal(line(figure, "y2")["x"], [0, 20, 40])


def test_what_a_log_axis_cannot_show_leaves_a_gap_and_is_said() -> None:
    made = net(30)
    broken = [
        replace(record, values={**record.values, "grad_norm": record.grad_norm * factor})
        for record in made.history.records()
        for factor in (np.array([0.0] + [1.0] * LAST) if record.step >= 7 else 1.0,)
    ]
    figure = through_time([replace(made, history=History(broken))])
    assert np.isnan(np.asarray(line(figure, "y")["y"])[7:]).all()
    assert "plain20-cifar: first / last 0, first at step 7" in notes(figure)
    wrong = [
        replace(record, values={**record.values, "update_ratio": record.update_ratio * np.nan})
        for record in made.history.records()
    ]
    figure = through_time([replace(made, history=History(wrong))])
    assert "update / weight not finite, first at step 0" in notes(figure)


def test_long_runs_are_thinned_and_keep_their_ends() -> None:
    figure = through_time([net(3000, every=300)])
    x = np.asarray(line(figure, "y")["x"])
    assert len(x) <= MOST_POINTS
    assert (x[0], x[-1]) == (0, 2999)


def test_before_the_first_step_and_without_ranks_it_is_said() -> None:
    empty = contestant("plain20-cifar", 0)
    assert notes(through_time([empty])).count("Empty until the first step") == 3
    without = through_time([contestant("plain20-cifar", 5)])
    assert notes(without).count("not measured") == 1


def test_panels_are_beside_each_other_and_stacked_where_narrow() -> None:
    layout = through_time([net(5)]).layout
    wide = [layout[axis].domain for axis in ("xaxis", "xaxis2", "xaxis3")]
    assert wide[0][1] < wide[1][0] < wide[1][1] < wide[2][0]
    narrow = layout.meta["narrow"]
    stacked = [narrow[axis]["domain"] for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert stacked[0][0] > stacked[1][1] > stacked[1][0] > stacked[2][1]


def test_a_window_shows_its_own_steps_and_a_figure_that_leaves_some_out_says_so() -> None:
    long, short = net(1400), net(40)
    assert through_time([long]).layout.meta["thinned"] is True
    assert through_time([short]).layout.meta["thinned"] is False
    wide, close = (line(through_time([long], window), "y3") for window in (None, (200, 300)))
    assert set(range(200, 301)) <= set(close["x"])  # type: ignore[call-overload]
    assert set(wide["x"]) <= set(close["x"])  # type: ignore[call-overload]
    middle = np.median(long.history.series("update_ratio").values.astype(np.float64), axis=1)
    np.testing.assert_allclose(close["y"], middle[close["x"]], rtol=1e-6)  # type: ignore[index]


def test_what_is_not_taken_at_each_step_says_how_often() -> None:
    made = net(41)
    along = {name: made.along(name) for name in made.history.quantities}
    slow = {name: replace(one, every=4) for name, one in along.items() if name == "update_ratio"}
    often, seldom = replace(made, header=along), replace(made, header=along | slow)
    assert "every" not in notes(through_time([often]))
    assert "median layer, every 4th step" in notes(through_time([seldom]))
    assert "median layer, each or every 4th step" in notes(through_time([often, seldom]))
    maps = heat_maps([seldom], "update_ratio")
    assert "every 4th step" in notes(maps)
