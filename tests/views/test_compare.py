"""Nets beside each other, as data."""

from __future__ import annotations

from hypothesis import given

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.views.compare import aligned_stages, differing_fields, number_rows
from tests.configs import configs


def test_only_what_differs_is_listed() -> None:
    one = preset("resnet34")
    other = revise(one, norm="none", depths=(1, 1, 1, 1))
    assert differing_fields([one, other, one]) == {
        "depths": ((3, 4, 6, 3), (1, 1, 1, 1), (3, 4, 6, 3)),
        "norm": ("batch", "none", "batch"),
    }
    assert differing_fields([one, one]) == {}


@given(configs(), configs())
def test_the_first_net_with_the_differing_fields_is_the_second(
    one: ResNetConfig, other: ResNetConfig
) -> None:
    changes = {field: values[1] for field, values in differing_fields([one, other]).items()}
    assert revise(one, **changes) == other


def test_numbers_are_the_published_ones() -> None:
    rows = number_rows([plan(preset(name)) for name in ("resnet18", "resnet50", "plain18")])
    values = {row.name: row.values for row in rows}
    assert values["depth"] == (18, 50, 18)
    assert values["parameters"][:2] == (11_689_512, 25_557_032)
    assert values["MACs"][:2] == (1_814_073_344, 4_089_184_256)
    assert values["identity shortcuts"] == (5, 12, 0)
    assert values["projection shortcuts"] == (3, 4, 0)
    assert values["shortcuts in all"] == (8, 16, 0)
    assert "zero-padded shortcuts" not in values


def test_stages_are_aligned_by_number_and_head_by_head() -> None:
    names = ("resnet56-cifar", "resnet18")
    stages = aligned_stages([plan(preset(name)) for name in names])
    assert [stage.stage for stage in stages] == [
        "stem",
        *(f"stage {number}" for number in range(1, 5)),
        "head",
    ]
    assert stages[4].rows[0] is None
    for index, name in enumerate(names):
        rows = [stage.rows[index] for stage in stages]
        assert sum(row.params for row in rows if row) == plan(preset(name)).params
        assert sum(row.macs for row in rows if row) == plan(preset(name)).macs
