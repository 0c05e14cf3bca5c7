"""The nets derived from a net."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from resnet_viz.arch.config import ResNetConfig, differences, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.arch.relatives import deeper_sibling, other_version, residual_twin, with_option
from tests.configs import configs

LADDERS = (
    "resnet18 resnet34 resnet50 resnet101 resnet152",
    "resnet50-v1 resnet101-v1 resnet152-v1",
    "plain18 plain34",
    "wide_resnet50_2 wide_resnet101_2",
    "resnet20-cifar resnet32-cifar resnet44-cifar resnet56-cifar resnet110-cifar resnet1202-cifar",
    "plain20-cifar plain32-cifar plain44-cifar plain56-cifar plain110-cifar plain1202-cifar",
    "preact110-cifar preact164-cifar preact1001-cifar",
    "preact18 preact34 preact50",
    "wrn16-4 wrn40-4",
)


@pytest.mark.parametrize("ladder", LADDERS)
def test_the_published_depths_follow_each_other(ladder: str) -> None:
    for name, deeper in pairwise(ladder.split()):
        assert deeper_sibling(preset(name)) == preset(deeper)


@pytest.mark.parametrize(
    "name",
    [
        *("resnet152", "plain34", "wrn28-10", "resnext50_32x4d"),
        *("resnet110-1layer-cifar", "preact110-1layer-cifar"),
    ],
)
def test_beyond_the_published_depths_every_stage_gets_a_block(name: str) -> None:
    config = preset(name)
    deeper = deeper_sibling(config)
    assert differences(deeper, config) == {"depths": tuple(n + 1 for n in config.depths)}


def test_a_changed_preset_follows_its_familys_depths_and_keeps_its_change() -> None:
    changed = revise(preset("resnet34"), norm="none", image_size=64)
    deeper = revise(preset("resnet50"), norm="none", image_size=64)
    assert deeper_sibling(changed) == deeper


@given(configs())
def test_a_deeper_sibling_is_deeper(config: ResNetConfig) -> None:
    deeper = deeper_sibling(config)
    assert plan(deeper).depth > plan(config).depth
    assert set(differences(deeper, config)) <= {"block", "depths"}


def test_no_sibling_beyond_the_deepest_net_allowed() -> None:
    deepest = revise(preset("resnet20-cifar"), depths=(10_000, 5_000, 5_000))
    with pytest.raises(ValueError, match="depths"):
        deeper_sibling(deepest)


@pytest.mark.parametrize("name", PRESETS)
def test_options_are_the_papers(name: str) -> None:
    """Option A has no weights on its shortcuts, C projects in every block, B where it must."""
    config = preset(name)
    blocks = sum(config.depths)
    a, b, c = (plan(with_option(config, option)) for option in ("A", "B", "C"))
    assert "projection" not in a.shortcuts
    assert c.shortcuts == {"projection": blocks}
    assert a.params < b.params <= c.params
    assert sum(b.shortcuts.values()) == blocks


def test_an_impossible_option_says_why() -> None:
    shrinking = revise(preset("resnet18"), widths=(64, 32, 16, 8))
    with pytest.raises(ValueError, match=r"widths = .* shrink"):
        with_option(shrinking, "A")
    gated = revise(preset("resnet18"), shortcut_transform="exclusive_gate")
    with pytest.raises(ValueError, match="projection_all"):
        with_option(gated, "C")


def test_v1_and_v1_5_are_each_others_other_version() -> None:
    for depth in (50, 101, 152):
        one, other = preset(f"resnet{depth}"), preset(f"resnet{depth}-v1")
        assert (other_version(one), other_version(other)) == (other, one)
    with pytest.raises(ValueError, match="block = 'basic'"):
        other_version(preset("resnet18"))
    with pytest.raises(ValueError, match="block = 'one_layer'"):
        other_version(preset("resnet110-1layer-cifar"))


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_the_way_back_from_a_preset(config: ResNetConfig) -> None:
    assert residual_twin(plain_twin(config), config).shortcut != "none"
    if config.shortcut != "none":
        assert residual_twin(plain_twin(config), config) == config


@given(configs().filter(lambda config: config.shortcut != "none"))
def test_the_way_back_gives_all_that_was_taken_away(config: ResNetConfig) -> None:
    assert residual_twin(plain_twin(config), config) == config
    assert residual_twin(config) == config


@given(configs(), configs())
def test_every_plain_net_has_a_residual_twin(config: ResNetConfig, like: ResNetConfig) -> None:
    plain = plain_twin(config)
    for twin in (residual_twin(plain), residual_twin(plain, like)):
        assert twin.shortcut != "none"
        assert plain_twin(twin) == plain


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110, 1202])
def test_without_the_net_it_was_shortcuts_add_no_parameters(depth: int) -> None:
    residual, plain = preset(f"resnet{depth}-cifar"), preset(f"plain{depth}-cifar")
    assert residual_twin(plain) == residual
    assert plan(residual).params == plan(plain).params


def test_where_the_widths_shrink_the_shortcuts_project() -> None:
    shrinking = revise(preset("plain18"), widths=(64, 32, 16, 8))
    assert residual_twin(shrinking) == revise(shrinking, shortcut="projection")


def test_what_was_changed_since_stays() -> None:
    was = revise(preset("resnet34"), shortcut="projection_all", zero_init_residual=True)
    changed = revise(plain_twin(was), norm="none", init="xavier")
    assert residual_twin(changed, was) == revise(changed, shortcut="projection_all")
    fixup = revise(preset("resnet34"), norm="none", init="fixup")
    assert residual_twin(plain_twin(fixup), fixup) == fixup
    kept = revise(plain_twin(fixup), init="xavier")
    assert residual_twin(kept, fixup).init == "xavier"
