"""Training against references: torch.autograd.grad, torch.optim, scikit-learn's own loader."""

import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training import loop as train_module
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import batch_indices, minibatches
from resnet_viz.training.passing import Give
from resnet_viz.training.probes import PutHook
from resnet_viz.training.tensors import load
from tests.labs import TINY, tiny_spec

CPU = torch.device("cpu")
NETS = {
    "resnet20": preset("resnet20-cifar"),
    "plain20": preset("plain20-cifar"),
    "bottleneck": ResNetConfig(
        block="bottleneck", depths=(1, 2), widths=(8, 16), stem="cifar", conv_bias=True
    ),
    "preactivation": ResNetConfig(
        depths=(2, 1), widths=(8, 16), stem="cifar", activation_order="full_preactivation"
    ),
    "no norm": ResNetConfig(depths=(1, 1), widths=(8, 8), stem="cifar", norm="none"),
}


pytestmark = pytest.mark.usefixtures("one_thread")


def first_batch(spec: RunSpec) -> tuple[Tensor, Tensor]:
    """By index arithmetic alone, at the data's own image size."""
    chosen = batch_indices(spec.seed, 0, spec.batch_size, 1500)
    data = load("digits")
    return data.images[chosen], data.labels[chosen]


def reference(spec: RunSpec, dtype: torch.dtype) -> tuple[float, list[float], list[float]]:
    """Loss, gradient norms and weight norms at the first step, by torch.autograd.grad."""
    net = build_resnet(spec.adapted, seed=spec.seed).to(dtype, memory_format=torch.channels_last)
    images, labels = first_batch(spec)
    images = images.to(dtype, memory_format=torch.channels_last)
    loss = functional.cross_entropy(net(images), labels)
    weights = [net.get_parameter(f"{name}.weight") for name in spec.layer_names]
    gradients = torch.autograd.grad(loss, weights)
    norms = [[t.double().norm().item() for t in tensors] for tensors in (gradients, weights)]
    return loss.item(), *norms


@pytest.mark.parametrize("config", NETS.values(), ids=NETS)
def test_gradient_norms_equal_autograd_on_a_copy(config: ResNetConfig) -> None:
    spec = tiny_spec(config=config, batch_size=64, seed=3)
    record = next(train(spec))
    # in float64 a few activations near 0 fall on the other side of the ReLU
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 5e-3)):
        loss, gradients, weights = reference(spec, dtype)
        np.testing.assert_allclose(record.loss, loss, rtol=1e-5)
        np.testing.assert_allclose(record.grad_norm, gradients, rtol=tolerance)
        np.testing.assert_allclose(record.weight_norm, weights, rtol=1e-5)


def test_a_later_step_equals_the_same_loop_written_with_torch_optim() -> None:
    spec = tiny_spec(config=NETS["resnet20"], batch_size=32, momentum=0.9, weight_decay=1e-3)
    records = list(islice(train(spec), 4))
    net = build_resnet(spec.adapted, seed=0).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), spec.lr, 0.9, weight_decay=1e-3)
    data = minibatches(load("digits"), 32, 0, 8, CPU)
    for record, (images, labels) in zip(records, data, strict=False):
        optimizer.zero_grad()
        functional.cross_entropy(net(images), labels).backward()
        expected = [net.get_parameter(f"{n}.weight").grad.norm().item() for n in spec.layer_names]
        np.testing.assert_allclose(record.grad_norm, expected, rtol=1e-5)
        optimizer.step()


def test_update_ratio_is_what_plain_sgd_does_to_the_weights() -> None:
    spec = tiny_spec(config=NETS["resnet20"], momentum=0.0, weight_decay=0.0, lr=0.05)
    record = next(train(spec))
    done = record.update_ratio * record.weight_norm
    np.testing.assert_allclose(done, 0.05 * record.grad_norm, rtol=1e-4)


def test_update_ratio_with_momentum_and_decay_is_measured() -> None:
    spec = tiny_spec(momentum=0.5, weight_decay=0.01)
    nets: list[ResNet] = []
    original = train_module.build_resnet

    def spy(*arguments: object) -> ResNet:
        nets.append(original(*arguments))  # type: ignore[arg-type]
        return nets[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "build_resnet", spy)
        steps = train(spec)
        next(steps)
        before = [nets[0].get_parameter(f"{n}.weight").clone() for n in spec.layer_names]
        record = next(steps)
    after = [nets[0].get_parameter(f"{n}.weight") for n in spec.layer_names]
    expected = [((a - b).norm() / b.norm()).item() for a, b in zip(after, before, strict=True)]
    np.testing.assert_allclose(record.update_ratio, expected, rtol=1e-5)
    np.testing.assert_allclose(record.weight_norm, [b.norm().item() for b in before], rtol=1e-6)


def same(one: StepRecord, other: StepRecord) -> bool:
    names = ("step", "loss", "accuracy", "grad_norm", "weight_norm", "update_ratio")
    return all(np.array_equal(getattr(one, n), getattr(other, n), equal_nan=True) for n in names)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_the_same_spec_gives_the_same_records_bit_for_bit(optimizer: str) -> None:
    spec = tiny_spec(config=NETS["plain20"], steps=6, optimizer=optimizer, lr=0.01)
    torch.manual_seed(123)
    one = list(train(spec))
    torch.manual_seed(456)
    other = list(train(spec))
    assert len(one) == 6
    assert all(map(same, one, other))
    assert not same(one[0], next(train(tiny_spec(config=NETS["plain20"], seed=1))))


@pytest.mark.parametrize("augment", ["none", "crop_flip"])
def test_contestants_see_identical_batches(monkeypatch: pytest.MonkeyPatch, augment: str) -> None:
    seen: list[list[Tensor]] = []
    original = train_module.build_resnet

    def spy(*arguments: object) -> ResNet:
        net, mine = original(*arguments), []  # type: ignore[arg-type, var-annotated]
        seen.append(mine)
        net.register_forward_pre_hook(lambda _, inputs: mine.append(inputs[0].clone()))
        return net

    monkeypatch.setattr(train_module, "build_resnet", spy)
    for config in (TINY, plain_twin(TINY)):
        spec = tiny_spec(config=config, batch_size=600, steps=7, augment=augment)
        list(train(spec, instruments=False))
    assert len(seen[0]) == len(seen[1]) == 7
    assert all(map(torch.equal, *seen))


def test_an_epoch_shows_each_image_at_most_once_and_the_next_another_order() -> None:
    epochs = [[batch_indices(5, 23 * e + i, 64, 1500) for i in range(23)] for e in range(2)]
    for epoch in epochs:
        assert len(set(np.concatenate(epoch))) == 23 * 64
    assert not np.array_equal(epochs[0][0], epochs[1][0])
    assert not np.array_equal(epochs[0][0], batch_indices(6, 0, 64, 1500))


def test_images_are_resized_bilinearly() -> None:
    images, labels = next(minibatches(load("digits"), 4, 0, 16, CPU))
    small, same_labels = next(minibatches(load("digits"), 4, 0, 8, CPU))
    assert images.shape == (4, 1, 16, 16)
    assert torch.equal(labels, same_labels)
    # halfway between pixel centres, the mean of the two lies within their range
    assert images.amax() <= small.amax() + 1e-5
    inner = images[:, :, 1:-1, 1:-1].unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))
    around = small.unfold(2, 2, 1).unfold(3, 2, 1).mean((-1, -2))
    torch.testing.assert_close(inner, around)


def test_training_goes_on_through_infinity_and_nan() -> None:
    records = list(train(tiny_spec(config=NETS["no norm"], lr=1e6, steps=8)))
    assert [r.step for r in records] == list(range(8))
    assert not np.isfinite(records[-1].loss)
    assert not np.isfinite(records[-1].grad_norm).all()


SMALL = NETS["preactivation"]
WATCHED: dict[str, dict[str, Any]] = {
    "original": {"activation_order": "original"},
    "plain": {"shortcut": "none"},
    "shared preactivation": {"shortcut": "projection_all"},
    "stochastic depth": {"stochastic_depth": 0.5},
    "dropout": {"dropout": 0.3, "shortcut_transform": "dropout"},
    "shortcut-only gate": {"shortcut_transform": "shortcut_only_gate"},
    "exclusive gate": {"shortcut_transform": "exclusive_gate", "activation_order": "original"},
    "squeeze-and-excitation": {"attention": "se", "shortcut": "zero_pad"},
    "norm after addition": {"activation_order": "norm_after_addition"},
    "no norm": {"norm": "none", "activation_order": "relu_before_addition"},
}


def trained(spec: RunSpec, *, instruments: bool) -> tuple[list[StepRecord], dict[str, Tensor]]:
    """Records, and the net's parameters and running statistics at the end."""
    nets: list[ResNet] = []
    original = train_module.build_resnet

    def spy(*arguments: object) -> ResNet:
        nets.append(original(*arguments))  # type: ignore[arg-type]
        return nets[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "build_resnet", spy)
        records = list(train(spec, instruments=instruments))
    return records, nets[0].state_dict()


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("fields", WATCHED.values(), ids=WATCHED)
def test_without_instruments_training_is_the_same_bit_for_bit(
    fields: dict[str, Any], checkpointing: bool
) -> None:
    spec = tiny_spec(
        config=revise(SMALL, **fields),
        steps=5,
        measure_every=2,
        activation_checkpointing=checkpointing,
    )
    (bare, left), (probed, right) = (trained(spec, instruments=on) for on in (False, True))
    assert [r.loss for r in bare] == [r.loss for r in probed]
    assert left.keys() == right.keys()
    for name, tensor in left.items():
        assert torch.equal(tensor, right[name]), name
    assert not any(r.values for r in bare)
    assert ["output_rms" in r.values for r in probed] == [True, False, True, False, True]


@pytest.mark.parametrize("fields", WATCHED.values(), ids=WATCHED)
def test_with_activation_checkpointing_all_quantities_are_the_same(fields: dict[str, Any]) -> None:
    """Hooks see the first forward pass and not the second."""
    spec = tiny_spec(config=revise(SMALL, **fields), steps=3, measure_every=1)
    saving = spec.model_copy(update={"activation_checkpointing": True})
    for one, other in zip(list(train(spec)), list(train(saving)), strict=True):
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            np.testing.assert_array_equal(other.values[name], values, err_msg=name)


def test_each_point_passes_once_with_activation_checkpointing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the first forward pass or in backward, and not in the second forward pass again."""
    passed: list[tuple[str, str]] = []
    original = train_module.tap

    def counting(net: ResNet, give: Give) -> Iterable[PutHook]:
        def counted(point: str, name: str, tensor: Tensor) -> None:
            passed.append((point, name))
            give(point, name, tensor)

        return original(net, counted)

    monkeypatch.setattr(train_module, "tap", counting)
    config = revise(SMALL, depths=(3, 3))
    next(train(tiny_spec(config=config, activation_checkpointing=True)))
    assert len(passed) == len(set(passed)) == 2 * 13 + 6 * 6


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_in_16_bits_all_quantities_are_near_those_of_float32(precision: str) -> None:
    """float16's loss is scaled by 65536: gradients are divided by it before they are measured."""
    for config in (NETS["bottleneck"], SMALL):
        half, full = (
            next(train(tiny_spec(config=config, batch_size=64, precision=p)))
            for p in (precision, "float32")
        )
        assert half.values.keys() == full.values.keys()
        for name in set(full.values) - {"grad_cosine"}:
            assert half.values[name].dtype == np.float32
            np.testing.assert_allclose(half.values[name], full.values[name], rtol=0.2, atol=0.02)


def test_bfloat16_trains_with_float32_records() -> None:
    record = next(train(tiny_spec(precision="bfloat16")))
    reference = next(train(tiny_spec()))
    assert record.grad_norm.dtype == np.float32
    assert record.loss != reference.loss
    np.testing.assert_allclose(record.loss, reference.loss, rtol=0.05)


def test_training_learns() -> None:
    records = list(train(tiny_spec(config=NETS["resnet20"], batch_size=64, steps=30)))
    assert np.mean([r.loss for r in records[-5:]]) < 0.7 * np.mean([r.loss for r in records[:5]])
    assert [r.seconds for r in records] == sorted(r.seconds for r in records)


def test_narrow_projections_train_without_corrupting_memory() -> None:
    """In channels_last torch's CPU kernel dies of them; 20 steps in a process of their own."""
    script = (
        "from resnet_viz import RunSpec, ResNetConfig, train\n"
        "config = ResNetConfig(depths=(1, 1), widths=(4, 8), stem='cifar')\n"
        "print(sum(1 for _ in train(RunSpec(config=config, steps=20, device='cpu'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"20"
