"""The short race: its size and steps for nets of any size."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.short_race import SECONDS, short_race


def unknown(_: Sequence[RunSpec]) -> None:
    return None


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_raced_against_its_twin(name: str) -> None:
    nets = PRESETS[name], plain_twin(PRESETS[name])
    specs = short_race(nets, ("a", "b"), unknown)
    assert [spec.config for spec in specs] == list(nets)
    assert len({(spec.steps, spec.batch_size, spec.image_size, spec.seed) for spec in specs}) == 1
    assert 8 <= specs[0].steps <= 60


def test_the_default_net_is_raced_as_in_the_default_race() -> None:
    spec, _ = short_race((PRESETS["resnet56-cifar"],) * 2, ("a", "b"), unknown)
    assert spec == RunSpec(config=PRESETS["resnet56-cifar"], name="a")


@pytest.mark.parametrize("seconds_per_step", [0.01, 0.2, 1.0, 2.5])
def test_where_a_steps_time_is_known_it_ends_in_time(seconds_per_step: float) -> None:
    nets = (PRESETS["resnet56-cifar"],) * 2
    race = short_race(nets, ("a", "b"), lambda specs: seconds_per_step * specs[0].steps)
    assert race[0].steps * seconds_per_step <= SECONDS
    assert race[0].steps == min(60, int(SECONDS / seconds_per_step))


def test_larger_nets_get_smaller_minibatches_before_fewer_steps() -> None:
    def measured(specs: Sequence[RunSpec]) -> float:
        return specs[0].steps * specs[0].batch_size / 32

    spec, _ = short_race((PRESETS["resnet56-cifar"],) * 2, ("a", "b"), measured)
    assert (spec.batch_size, spec.steps) == (32, 30)
