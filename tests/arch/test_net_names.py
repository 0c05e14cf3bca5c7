"""Names of nets that began as a preset: none contradicts the depth, and chips say what differs."""

from __future__ import annotations

import pytest

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.net_names import (
    OTHERS,
    chips,
    deepened_name,
    net_title,
    paper_of,
    presets_by_paper,
)
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, SOURCES, preset


def test_presets_of_a_paper_stand_together() -> None:
    ordered = presets_by_paper()
    assert sorted(ordered) == sorted(PRESETS)
    papers = [paper_of(name) for name in ordered]
    assert len(set(papers)) == sum(a != b for a, b in zip(papers, [None, *papers], strict=False))
    assert papers[0] == "He et al. 2015"
    assert papers[-1] == OTHERS
    assert all(paper in SOURCES[name] for name in ordered if (paper := paper_of(name)) != OTHERS)


def test_titles() -> None:
    resnet50 = preset("resnet50")
    assert net_title(resnet50, "resnet50") == "ResNet-50"
    assert net_title(revise(resnet50, norm="none"), "resnet50") == "ResNet-50, changed"
    shallow = revise(resnet50, depths=(3, 4, 2, 3))
    assert net_title(shallow, "resnet50") == "ResNet-38, changed from ResNet-50"


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ("resnet34", {"depths": (2, 2, 2, 9)}),
        ("resnet152", {"block": "basic"}),
        ("preact110-cifar", {"depths": (3, 3, 3)}),
        ("resnet34", {"stem": "deep"}),
    ],
)
def test_the_number_in_a_name_is_the_depth(base: str, changes: dict[str, object]) -> None:
    config = revise(preset(base), **changes)
    assert str(plan(config).depth) in deepened_name(config, base)
    assert deepened_name(preset(base), base) in net_title(config, base)


def test_chips_are_in_the_words_of_the_field() -> None:
    plain = plain_twin(revise(preset("resnet50"), widths=(32, 64, 128, 256), stem_width=16))
    assert chips(plain, "resnet50") == [
        "channels per stage 32-64-128-256 (was 64-128-256-512)",
        "stem's channels 16 (was a stem as wide as stage 1)",
        "no shortcuts (was shortcuts with projections)",
    ]
