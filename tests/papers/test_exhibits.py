"""The exhibits: their published numbers against the reference file, and what they ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Counted, Exhibit, New, Trained
from resnet_viz.papers.exhibits import (
    exhibits,
    he2015_table2,
    he2016_table1,
    he2016_table2,
    he2016_table3,
)
from resnet_viz.papers.exhibits.he2015_table6 import PUBLISHED as TABLE6
from resnet_viz.papers.paper import PAPERS
from resnet_viz.papers.statements import Below, Count

FILE = Path(__file__).parents[1] / "golden" / "published.json"
TABLES = json.loads(FILE.read_text(encoding="utf-8"))["paper_tables"]
ALL = list(exhibits().values())


def of_kind(exhibit: Exhibit) -> list[SweepSpec]:
    sweeps = [part.sweep for part in exhibit.parts if isinstance(part, Trained)]
    return sweeps + ([exhibit.full] if exhibit.full else [])


@pytest.mark.parametrize("exhibit", ALL, ids=lambda one: one.key)
def test_an_exhibit_is_whole(exhibit: Exhibit) -> None:
    assert exhibit.paper in PAPERS
    assert exhibit.key.startswith(exhibit.paper)
    assert exhibit.parts
    for part in exhibit.parts:
        names = (
            set(part.count())
            if isinstance(part, Counted)
            else set(part.nets if isinstance(part, New) else part.groups)
        )
        for one in part.statements:
            asked = {one.lower, one.higher} if isinstance(one, Below) else {one.of}
            assert asked <= names, one.words


@pytest.mark.parametrize("exhibit", ALL, ids=lambda one: one.key)
def test_each_cell_of_a_sweep_can_be_trained_and_each_group_has_its_seeds(
    exhibit: Exhibit,
) -> None:
    for sweep in of_kind(exhibit):
        assert [cell.why for cell in sweep.cells() if cell.spec is None] == []
    for part in exhibit.parts:
        if isinstance(part, Trained):
            for group, values in part.groups.items():
                own = [
                    cell
                    for cell in part.sweep.cells()
                    if all(cell.values[axis] == value for axis, value in values.items())
                ]
                assert len(own) == len(part.sweep.seeds), group


def test_orders_are_of_enough_seeds_to_be_decided() -> None:
    for exhibit in ALL:
        for part in exhibit.parts:
            if isinstance(part, Trained | New) and any(
                isinstance(one, Below) for one in part.statements
            ):
                seeds = part.sweep.seeds if isinstance(part, Trained) else part.seeds
                assert len(seeds) >= 4, exhibit.key


def test_the_counted_ones_agree_at_once() -> None:
    for exhibit in ALL:
        for part in exhibit.parts:
            if isinstance(part, Counted):
                numbers = part.count()
                verdicts = {one.words: one.judge(numbers).verdict for one in part.statements}
                assert set(verdicts.values()) == {"agrees"}, verdicts


def test_published_numbers_are_those_of_the_reference_file() -> None:
    table1 = {
        one.words: one.published
        for one in exhibits()["he2015-table1"].statements
        if isinstance(one, Count) and one.unit == "G"
    }
    expected = TABLES["table1_flops"]["values"].items()
    assert table1 == {f"ResNet-{d}: multiply-adds": n / 1e9 for d, n in expected}
    table6 = {str(depth): list(row) for depth, row in TABLE6.items()}
    assert table6 == TABLES["table6_cifar10"]["values"]
    assert dict(he2015_table2.PUBLISHED) == TABLES["table2_top1_10crop"]["values"]
    shortcuts = TABLES["he2016_table1"]["values"]
    shown = {name: shortcuts[name] for name in he2016_table1.PUBLISHED}
    assert dict(he2016_table1.PUBLISHED) == shown
    orders = TABLES["he2016_table2"]["values"]
    assert dict(he2016_table2.PUBLISHED) == {order: row["110"] for order, row in orders.items()}
    depths = TABLES["he2016_table3"]["values"]["CIFAR10"]
    assert {d: list(row) for d, row in he2016_table3.PUBLISHED.items()} == {
        depth: depths[depth] for depth in he2016_table3.PUBLISHED
    }
