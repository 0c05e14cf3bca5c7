"""On-demand measurements: what they say of themselves, and that they leave the net as it was."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, get_args

import numpy as np
import pytest
import torch

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.measurements import measurement, measurements, why_not
from resnet_viz.nets.block_parts import paths
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.passes import blocks_of
from resnet_viz.training.perform import perform

SMALL = ResNetConfig(
    depths=(1, 2),
    widths=(3, 4),
    stem="cifar",
    shortcut="zero_pad",
    in_channels=1,
    num_classes=3,
    image_size=6,
)
QUICK: dict[str, dict[str, Any]] = {
    "landscape": {"points": 3},
    "hessian": {"iterations": 2},
    "shattering": {"points": 5},
}


def small(**changes: Any) -> ResNetConfig:
    """A net of three blocks in two stages."""
    return ResNetConfig.model_validate({**SMALL.model_dump(), **changes})


def batch(count: int = 12, config: ResNetConfig = SMALL) -> tuple[torch.Tensor, torch.Tensor]:
    """Images in float64, and labels."""
    generator = torch.Generator().manual_seed(1)
    shape = (count, *config.image_shape)
    images = torch.randn(shape, generator=generator, dtype=torch.float64)
    return images, torch.arange(count) % config.num_classes


def net(config: ResNetConfig = SMALL, seed: int = 3) -> ResNet:
    """In float64, with norms that are not at their start."""
    made = build_resnet(config, seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.1 * noise)
    return made


@pytest.mark.parametrize("name", measurements())
def test_each_says_what_it_is(name: str) -> None:
    about = measurement(name)
    assert about.name == name
    assert about.title
    assert about.formula
    assert about.sentence.endswith((".", ".)"))
    assert about.source
    assert about.cost > 0
    assert about.gives
    assert "images" in about.checked({})


def test_none_is_told_from_the_others_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no measurement 'sharpness'; allowed are .*hessian"):
        measurement("sharpness")


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("hessian", {"iterations": 0}, "iterations = 0 is not allowed.*from 1 to 1000"),
        ("hessian", {"iterations": True}, "iterations = True is not allowed"),
        ("hessian", {"iterations": 2.5}, "iterations = 2.5 is not allowed.*whole numbers"),
        ("landscape", {"reach": float("nan")}, "reach = nan is not allowed"),
        ("landscape", {"points": 4}, "points = 4 is not allowed; allowed are odd numbers"),
        ("lesions", {"block": "stages.9.0"}, "'stages.9.0' is not one of the net's: stages.0.0"),
        ("removal", {"blocks": "stages.0.0,stem"}, "blocks = 'stem' is not one of the net's"),
        ("lesions", {"block": 3}, "block = 3 is not allowed; allowed: a text"),
        ("lesions", {"blocks": ""}, "no setting 'blocks'; allowed are images, block"),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(
    name: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        perform(measurement(name), net(), *batch(), settings=settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", measurements())
def test_the_net_is_left_as_it_was(name: str) -> None:
    network = net(small(dropout=0.5, stochastic_depth=0.5))
    network.train()
    network.stem.eval()
    images, labels = batch()
    network(images).sum().backward()  # running statistics that are not at their start, gradients
    before = deepcopy(network.state_dict())
    gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    modes = [module.training for module in network.modules()]
    torch.manual_seed(5)
    state = torch.get_rng_state()
    told: list[float] = []
    first, again = (
        perform(
            measurement(name),
            network,
            images,
            labels,
            settings=QUICK.get(name, {}),
            report=lambda share, _: told.append(share),
        )
        for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in network.modules()] == modes
    for key, value in network.state_dict().items():
        assert torch.equal(before[key], value), key
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        assert parameter.requires_grad
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, gradient)
    for array in first:
        np.testing.assert_array_equal(first[array], again[array], err_msg="not the same twice")
    assert all(0 <= share < 1 for share in told)


@pytest.mark.parametrize("name", measurements())
def test_plain_nets_are_measured_or_refused_in_a_sentence(name: str) -> None:
    plain, about = plain_twin(SMALL), measurement(name)
    if about.shortcuts:
        with pytest.raises(ValueError, match="this net has no shortcuts"):
            perform(about, net(plain), *batch())
        return
    assert not why_not(about, plan(plain))
    found = perform(about, net(plain), *batch(), settings=QUICK.get(name, {}))
    assert all(np.isfinite(array).any() for array in found.values())


ORDERS = get_args(ResNetConfig.model_fields["activation_order"].annotation)
TRANSFORMS = get_args(ResNetConfig.model_fields["shortcut_transform"].annotation)


@pytest.mark.parametrize(
    "changes",
    [
        *({"activation_order": order} for order in ORDERS),
        *({"activation_order": order, "shortcut": "projection"} for order in ORDERS),
        *({"activation_order": order, "shortcut": "none"} for order in ORDERS),
        *({"shortcut_transform": transform} for transform in TRANSFORMS),
        {"final_activation": False, "norm": "none"},
        {"attention": "se", "residual_scale": "skipinit"},
    ],
    ids=str,
)
def test_a_block_taken_apart_is_the_block(changes: dict[str, Any]) -> None:
    network = net(small(**changes)).eval()
    with torch.no_grad():
        x = network.stem(batch()[0])
        for block in blocks_of(network):
            split = paths(block, x, x)
            x = block(x)
            torch.testing.assert_close(split.output, x, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", measurements())
def test_what_overflows_is_a_result(name: str) -> None:
    network = build_resnet(small(norm="none"), seed=0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1e25)
    images, labels = batch()
    found = perform(
        measurement(name), network, images.float(), labels, settings=QUICK.get(name, {})
    )
    assert not all(np.isfinite(array).all() for array in found.values())
