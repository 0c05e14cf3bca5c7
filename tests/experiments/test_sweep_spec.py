"""SweepSpec: its cells are what nested loops written out by hand would train."""

from itertools import product

import pytest
from pydantic import ValidationError

from resnet_viz import RunSpec, preset
from resnet_viz.arch.config import explain, plain_twin, revise
from resnet_viz.experiments.sweep_spec import SweepSpec

BASE = RunSpec(config=preset("resnet20-cifar"), steps=80, weight_decay=0.0)


def test_a_product_is_what_nested_loops_give_with_all_combinations_of_a_seed_first() -> None:
    depths, rates = [(1, 1, 1), (2, 2, 2)], [0.1, 0.01]
    spec = SweepSpec(
        base=BASE, axes={"depths": depths, "plain": [False, True], "lr": rates}, seeds=(3, 4)
    )

    expected = []
    for seed, blocks, is_plain, lr in product((3, 4), depths, (False, True), rates):
        net = revise(BASE.config, depths=blocks)
        config = plain_twin(net) if is_plain else net
        expected.append(RunSpec(config=config, steps=80, weight_decay=0.0, lr=lr, seed=seed))
    trained = [run.model_copy(update={"name": ""}) for run in spec.runs()]
    assert trained == expected
    assert len({run.name for run in spec.runs()}) == 8  # each combination has its own name
    assert all(spec.cell(cell.number) == cell for cell in spec.cells())
    assert [spec.values(cell.number) for cell in spec.cells()] == [c.values for c in spec.cells()]
    assert SweepSpec.model_validate_json(spec.model_dump_json()) == spec


def test_zipped_axes_go_together() -> None:
    axes = {"net": ["resnet20-cifar", "plain32-cifar"], "steps": [10, 20]}
    spec = SweepSpec(base=BASE, axes=axes, how="zip")
    assert [(run.config, run.steps) for run in spec.runs()] == [
        (preset("resnet20-cifar"), 10),
        (preset("plain32-cifar"), 20),
    ]
    with pytest.raises(ValueError, match="net has 2, steps has 1"):
        SweepSpec(base=BASE, axes={**axes, "steps": [10]}, how="zip")


def test_what_no_run_can_have_is_refused_and_says_why() -> None:
    axes = {"shortcut_transform": ["identity", "scaled"], "plain": [False, True]}
    cells = SweepSpec(base=BASE, axes=axes).cells()
    assert [cell.spec is not None for cell in cells] == [True, True, True, False]
    assert "plain net has no shortcuts" in cells[3].why

    too_large = SweepSpec(base=BASE, axes={"batch_size": [64, 100_000]}).cells()[1]
    assert too_large.spec is None
    assert "batch_size = 100000" in too_large.why


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ({"seed": [1]}, "give the seeds as seeds"),
        ({"learning_rate": [0.1]}, "unknown axis 'learning_rate'"),
        ({"lr": []}, "has no values"),
        ({"lr": [0.1, 0.1]}, "a value twice"),
        ({"image_size": ["16x24", [16, 24]]}, "a value twice"),
        ({"plain": [0, 1]}, "true and false"),
        ({"lr": [0.1, float("nan")]}, "the axis lr has the value nan; use finite numbers"),
        ({"clip_grad_norm": [None, float("inf")]}, "the axis clip_grad_norm has the value inf"),
        ({"net": [{"dropout": float("nan")}]}, "the axis net has the value nan"),
        ({"init": ["\ud800"]}, "'\\ud800' is no valid text"),
        ({"steps": list(range(1, 20_002))}, "20,001 cells are too many"),
    ],
)
def test_an_axis_that_is_none_is_refused(axes: dict[str, list[object]], sentence: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SweepSpec.model_validate({"base": BASE, "axes": axes})
    assert sentence in explain(raised.value)
