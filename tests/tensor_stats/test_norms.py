"""Norms against numpy in float64, over all of float32's range."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import build_resnet
from resnet_viz.tensor_stats.norms import norms, scaled_norms
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load

LARGEST = float(np.finfo(np.float32).max)
SHAPES = [(64, 64, 3, 3), (10, 64), (1, 1, 1, 1), (300_000,)]


pytestmark = pytest.mark.usefixtures("one_thread")


def true_norm(tensor: Tensor) -> float:
    return float(np.linalg.norm(tensor.numpy().astype(np.float64)))


def tensors_of(size: float) -> list[Tensor]:
    random = np.random.default_rng(0)
    return [
        torch.from_numpy((size * random.uniform(0.5, 1, shape)).astype(np.float32))
        for shape in SHAPES
    ]


@pytest.mark.parametrize("exponent", range(-44, 39, 2))
def test_norms_are_right_over_the_whole_range(exponent: int) -> None:
    """From denormal numbers, of which the last are off by the rounding of one, to the largest."""
    tensors = tensors_of(10.0**exponent)
    true = np.array([true_norm(tensor) for tensor in tensors])
    expected = np.where(true > LARGEST, np.inf, true)
    np.testing.assert_allclose(norms(tensors).numpy(), expected, rtol=2e-5, atol=1.5e-45)
    if exponent >= -36:
        np.testing.assert_allclose(scaled_norms(tensors).numpy(), expected, rtol=2e-5)


@pytest.mark.parametrize("exponent", range(-36, 39, 2))
def test_norms_are_right_where_denormals_are_flushed_as_in_training(exponent: int) -> None:
    tensors = tensors_of(10.0**exponent)
    true = [true_norm(tensor) for tensor in tensors]
    torch.set_flush_denormal(True)
    found = norms(tensors).tolist()
    torch.set_flush_denormal(False)
    expected = [t if t < LARGEST else np.inf for t in true]
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_few_large_elements_among_many_small_ones() -> None:
    """The sum of what float32 loses is less than what is kept."""
    tensor = torch.full((3_000_000,), 9e-20)
    for largest in (0.0, 1e-17, 1e-14, 1e-12, 3e-12):
        tensor[7] = largest
        assert norms([tensor]).item() == pytest.approx(true_norm(tensor), rel=1e-5)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_a_large_tensor_of_elements_of_all_sizes(layout: torch.memory_format) -> None:
    """In either order of memory, and among others that need no scaling."""
    random = np.random.default_rng(0)
    weights = torch.from_numpy(random.standard_normal((520, 130, 3, 3)).astype(np.float32))
    alike = tensors_of(1e-3)
    for of_each in ([1e-30], [1e-22, 1e-9], [1e-30, 1.0], [1e-30, 1e-12, 1e30], [1e35, 1e-40]):
        factors = torch.tensor(of_each).repeat_interleave(-(-520 // len(of_each)))[:520]
        tensor = (weights * factors.view(-1, 1, 1, 1)).to(memory_format=layout)
        given = [alike[0], tensor, *alike[1:]]
        true = list(map(true_norm, given))
        np.testing.assert_allclose(norms(given).numpy(), true, rtol=2e-5)


def test_zero_inf_and_nan_in_a_large_tensor() -> None:
    tensor = torch.zeros(600_000)
    assert norms([tensor]).item() == 0
    tensor[300_000] = -np.inf
    assert norms([tensor]).item() == np.inf
    tensor[500_000] = np.nan
    assert np.isnan(norms([tensor]).item())
    tensor[:] = LARGEST / 100
    assert norms([tensor]).item() == np.inf


@pytest.mark.parametrize("of", [norms, scaled_norms])
def test_zero_inf_and_nan_are_results(of: Callable[[list[Tensor]], Tensor]) -> None:
    zero, one = torch.zeros(3, 3), torch.ones(4)
    infinite = torch.tensor([1.0, -np.inf])
    wrong = torch.tensor([[np.nan, np.inf, 1e-30]])
    found = of([zero, one, infinite, wrong]).numpy()
    np.testing.assert_array_equal(found, np.array([0, 2, np.inf, np.nan], np.float32))


def test_no_gradient_of_the_notebooks_plain_net_reads_0() -> None:
    """Its stem's gradient is a thousand-billion-billionth of its last layer's."""
    config = revise(plain_twin(preset("notebook34")), init="pytorch")
    spec = RunSpec(config=config, image_size=28, batch_size=8, steps=1, device="cpu")
    torch.set_flush_denormal(True)
    net = build_resnet(spec.adapted, seed=0)
    data = load("digits")
    images, labels = next(minibatches(data, 8, 0, 28, torch.device("cpu")))
    functional.cross_entropy(net(images), labels).backward()
    weights = [net.get_parameter(f"{name}.weight") for name in spec.layer_names]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    true = [true_norm(gradient) for gradient in gradients]
    assert len(true) == len(spec.layer_names) == 40
    assert 0 < min(true) < 1e-19, "else this net is no test"
    np.testing.assert_allclose(norms(gradients).numpy(), true, rtol=2e-5)
    (record,) = train(spec)
    assert (record.grad_norm > 0).all()
    assert record.grad_norm.min() < 1e-19
