"""New nets measured: against autograd in float64, and against what theory says of them."""

from __future__ import annotations

from copy import deepcopy
from math import pi, sqrt
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.findings.theory import mean_field
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.at_initialisation import batch_of, look_at
from resnet_viz.workers.job_kinds.initialisation import Request, work

SMALL = revise(
    preset("resnet20-cifar"), depths=(2, 2, 2), widths=(4, 8, 16), in_channels=1, image_size=8
)
ONE_STAGE = ResNetConfig(
    depths=(12,),
    widths=(64,),
    stem="cifar",
    shortcut="none",
    in_channels=64,
    num_classes=10,
    image_size=1,
)


class Heard:
    """A report that keeps what was found, as it was then."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def __call__(self, share: float, words: str = "") -> None:
        """Nobody listens."""

    def found(self, result: object) -> None:
        self.results.append(deepcopy(result))


@pytest.mark.parametrize("config", [SMALL, plain_twin(SMALL), revise(SMALL, norm="none")])
def test_gradients_are_autograds_in_float64(config: ResNetConfig) -> None:
    images, labels = batch_of(config, "digits", 16, 3)
    found = dict(look_at(config, images, labels, ("gradients",), seed=3))["gradients"]

    net = build_resnet(config, seed=3).double()
    inputs: list[torch.Tensor] = []
    for stage in net.stages:
        for block in stage.children():  # type: ignore[operator,union-attr]
            block.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    loss = functional.cross_entropy(net(images.double()), labels)
    expected = [gradient.norm().item() for gradient in torch.autograd.grad(loss, inputs)]
    assert len(expected) == 6
    np.testing.assert_allclose(found["inputs"], expected, rtol=1e-3)
    np.testing.assert_allclose(found["ratio"], expected[0] / expected[-1], rtol=1e-3)


def growth(config: ResNetConfig, batch: int) -> float:
    """By what factor the gradient grows a layer, measured."""
    images, labels = batch_of(config, "gaussian", batch, 0)
    inputs = dict(look_at(config, images, labels, ("gradients",)))["gradients"]["inputs"]
    return float((inputs[0] / inputs[-1]) ** (1 / (2 * (len(inputs) - 1))))


def test_batch_norm_makes_gradients_explode_as_theory_says() -> None:
    assert pytest.approx(1.2112, abs=1e-4) == mean_field.BATCH_NORM == sqrt(pi / (pi - 1))
    assert growth(ONE_STAGE, 128) == pytest.approx(mean_field.BATCH_NORM, rel=0.02)


@pytest.mark.parametrize(
    ("init", "size"),
    [
        *(("kaiming_fan_in", size) for size in (2, 7, (3, 9))),
        ("xavier", 4),
        ("pytorch", 4),
    ],
)
def test_without_norm_the_zeros_around_and_the_weights_shrink_them(init: Any, size: Any) -> None:
    config = revise(ONE_STAGE, norm="none", init=init, image_size=size)
    expected = mean_field.layer_factor(config, size, 32)
    assert expected is not None
    assert growth(config, 32) == pytest.approx(expected, rel=0.06)


def test_the_factor_of_padding_is_an_eigenvalue() -> None:
    for size in (1, 2, 5, 14):
        row = np.eye(size) + np.eye(size, k=1) + np.eye(size, k=-1)
        expected = np.linalg.eigvalsh(row).max() / 3
        assert mean_field.padding_factor(size) == pytest.approx(expected)
        three = np.eye(3) + np.eye(3, k=1) + np.eye(3, k=-1)
        both = np.linalg.eigvalsh(np.kron(row, three)).max() / 9
        assert mean_field.padding_factor((size, 3)) ** 2 == pytest.approx(both)


def test_theory_of_a_whole_net_and_where_it_says_nothing() -> None:
    profile = mean_field.profile(ONE_STAGE, 128)
    assert profile is not None
    assert profile[-1] == 1
    assert profile[0] == pytest.approx(mean_field.BATCH_NORM**22)
    for net in (revise(ONE_STAGE, shortcut="projection"), revise(ONE_STAGE, norm="group")):
        assert mean_field.profile(net, 128) is None


def test_the_job_gives_what_json_holds() -> None:
    names = ("gradients", "variance", "shattering")
    request = Request(configs=(SMALL, plain_twin(SMALL)), measurements=names, points=8)
    heard = Heard()
    residual, plain = work(request, heard)  # type: ignore[arg-type,misc]
    so_far = [[set(net) for net in found] for found in heard.results]
    assert so_far[:2] == [[{"gradients"}], [{"gradients", "variance"}]], "the first is told at once"
    assert so_far[2:] == [[set(names), {"gradients"}]]
    assert heard.results[0][0]["gradients"] == residual["gradients"]
    assert set(residual) == set(names)
    assert set(plain) == {"gradients", "shattering"}, "it has no shortcuts"
    assert len(residual["variance"]["times_k"]) == 6
    assert np.shape(plain["shattering"]["similarity"]) == (8, 8)
    again = dict(look_at(SMALL, *batch_of(SMALL, "digits", 64, 0), ("gradients",)))
    assert residual["gradients"] == again["gradients"]


def test_a_net_that_does_not_take_the_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="need a net with 1 channel"):
        batch_of(preset("resnet20-cifar"), "digits", 4, 0)
    assert batch_of(preset("resnet20-cifar"), "gaussian", 4, 0)[0].shape == (4, 3, 32, 32)
    with pytest.raises(ValueError, match="there is no measurement"):
        Request(configs=(SMALL,), measurements=("magic",))
