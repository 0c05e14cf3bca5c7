"""The grid of a sweep: axes in words and numbers, lines and places."""

from __future__ import annotations

import pytest

from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.findings.sweeps.grid import Grid, grid_of
from resnet_viz.lab.sweeps import Cell
from tests.findings.swept import ends, trained


def grid(how: str = "product", **axes: object) -> Grid:
    """The grid of a sweep that has not begun."""
    base = RunSpec(config=PRESETS["resnet20-cifar"])
    spec = SweepSpec.model_validate({"base": base, "axes": axes, "how": how, "seeds": (0, 1)})
    return grid_of(
        [Cell(c.number, c.values, None, "waiting", 0, "", {}, None, spec) for c in spec.cells()]
    )


def test_axes_and_lines() -> None:
    made = grid_of(trained()[0])
    depths, plain = made.axes
    assert (depths.title, depths.labels) == ("depth [weighted layers]", ("8", "20", "56"))
    assert depths.numbers == (8, 20, 56)
    assert (plain.labels, plain.numbers) == (("residual", "plain"), None)
    assert [line.name for line in made.lines("depths")] == ["residual nets", "plain nets"]
    assert [line.name for line in made.lines("plain")] == ["depth 8", "depth 20", "depth 56"]
    assert (made.seeds, len(made.places)) == (5, 6)
    residual, _ = made.lines("depths")
    for place, depth in zip(residual.places, (8, 20, 56), strict=True):
        found = [value for _, value in place.ends("train_loss")]
        assert found == pytest.approx(ends(depth, plain=False).tolist())


def test_numbers_stand_in_their_order_and_far_apart_ones_on_a_log_axis() -> None:
    rates = grid(lr=(0.1, 0.001, 0.01), init=("xavier", "orthogonal")).axis("lr")
    assert [rates.labels[index] for index in rates.in_order] == ["0.001", "0.01", "0.1"]
    assert rates.is_log
    assert not grid(batch_size=(32, 64)).axis("batch_size").is_log


def test_zipped_axes_are_one_line() -> None:
    made = grid("zip", depths=((1, 1, 1), (3, 3, 3)), lr=(0.1, 0.05))
    (line,) = made.lines("depths")
    assert len(line.places) == 2


def test_axes_with_one_value_are_none() -> None:
    assert [axis.name for axis in grid(lr=(0.1,), steps=(10, 20)).axes] == ["steps"]
    assert grid(lr=(0.1,)).axes == ()


def test_refused_combinations_have_places_too() -> None:
    made = grid(plain=(False, True), shortcut_transform=("identity", "conv1x1"))
    assert [place.first.spec is None for place in made.places] == [False, False, False, True]


def test_an_axis_is_read_from_cells_that_are_not_refused() -> None:
    base = RunSpec(config=PRESETS["resnet20-cifar"])
    axes = {
        "plain": (True, False),
        "depths": ((1, 1, 1), (2, 2, 2)),
        "shortcut_transform": ("conv1x1",),
    }
    spec = SweepSpec(base=base, axes=axes)
    status = {cell.number: "refused" if cell.spec is None else "waiting" for cell in spec.cells()}
    made = grid_of(
        [Cell(n, spec.values(n), None, status[n], 0, "", {}, None, spec) for n in range(len(spec))]
    )
    assert set(status.values()) == {"refused", "waiting"}
    assert made.axis("depths").labels == ("8", "14")
