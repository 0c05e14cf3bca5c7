"""Held-out loss and accuracy: against float64, and without a trace in training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import update_bn

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.data.dataset import fixed_order
from resnet_viz.experiments.run_fields import Precision
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training.evaluation import answers, images_at_once, is_due
from resnet_viz.training.loop import train
from resnet_viz.training.tensors import held_out, load
from tests.labs import tiny_spec

NET = ResNetConfig(
    depths=(1, 1),
    widths=(8, 16),
    stem="cifar",
    in_channels=1,
    num_classes=10,
    image_size=8,
    dropout=0.5,
    stochastic_depth=0.5,
)


def evaluate(
    net: nn.Module, images: Tensor, labels: Tensor, precision: Precision = "float32"
) -> tuple[float, float]:
    """Mean cross-entropy, and the share of right answers."""
    logits = answers(net, images, precision)
    loss = functional.cross_entropy(logits, labels)
    return loss.item(), (logits.argmax(1) == labels).float().mean().item()


@pytest.fixture
def net() -> nn.Module:
    """With running statistics that are not those it began with."""
    net = build_resnet(NET, seed=0)
    for _ in range(3):
        net(load("digits").images[:64])
    return net


def test_loss_and_accuracy_are_those_of_float64_in_eval_mode(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    copied = copy.deepcopy(net).double().eval()
    with torch.no_grad():
        logits = copied(images.double())
    loss, accuracy = evaluate(net, images, labels)
    assert loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(1) == labels).double().mean().item())
    assert 0 < accuracy < 1


def test_a_run_says_how_it_does_on_held_out_images_and_trains_as_without() -> None:
    spec = tiny_spec(steps=6, evaluate_every=2)
    with_it, without = list(train(spec)), list(train(tiny_spec(steps=6)))
    taken = [r.step for r in with_it if "eval_loss" in r.values]
    assert taken == [0, 2, 4, 5]
    assert {"eval_loss", "eval_accuracy"} < set(spec.quantities)
    assert not {"eval_loss", "eval_accuracy"} & set(tiny_spec().quantities)
    for one, other in zip(with_it, without, strict=True):
        assert (one.loss, one.accuracy) == (other.loss, other.accuracy)
        assert np.array_equal(one.grad_norm, other.grad_norm)
    assert 1 < with_it[-1].values["eval_loss"][0] < 10


def test_evaluating_leaves_no_trace(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d)).eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    random = torch.random.get_rng_state()
    first = evaluate(net, images, labels)
    assert torch.equal(random, torch.random.get_rng_state())
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert evaluate(net, images, labels) == first


def test_modes_are_put_back_where_the_net_fails() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Dropout())
    with pytest.raises(RuntimeError, match="shape"):
        evaluate(net, torch.zeros(4, 5), torch.zeros(4, dtype=torch.int64))
    assert net.training
    assert net[1].training


def test_16_bit_formats_are_those_of_training(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    full, _ = evaluate(net, images, labels)
    for precision in ("bfloat16", "float16"):
        half, _ = evaluate(net, images, labels, precision)  # type: ignore[arg-type]
        assert half != full
        assert half == pytest.approx(full, rel=0.02)


def test_it_is_due_each_so_many_steps_and_at_the_last() -> None:
    def due(every: int) -> list[int]:
        spec = tiny_spec(steps=10, evaluate_every=every)
        return [step for step in range(10) if is_due(spec, step)]

    assert due(0) == []
    assert due(4) == [0, 4, 8, 9]
    assert due(1) == list(range(10))
    assert due(100) == [0, 9]


def by_hand(net: ResNet, images: Tensor, labels: Tensor, estimated_on: Tensor) -> list[float]:
    """The end in float64, batch norm's statistics by PyTorch's own function for them."""
    copied = copy.deepcopy(net).double()
    for module in copied.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    parts = torch.tensor_split(estimated_on.double(), -(-len(estimated_on) // 250))
    update_bn(parts, copied)
    copied.eval()
    with torch.no_grad():
        logits = copied(images.double())
    losses = functional.cross_entropy(logits, labels, reduction="none").numpy()
    right = (logits.argmax(1) == labels).double().mean().item()
    return [losses.mean(), stats.sem(losses), right, len(losses)]


PLAIN_OF_CHANCE = NET.model_copy(update={"stochastic_depth": 0.0, "dropout": 0.3})


@pytest.mark.parametrize("steps", [1, 12])
def test_the_end_is_measured_on_images_with_statistics_of_the_last_weights(steps: int) -> None:
    spec = RunSpec(
        config=PLAIN_OF_CHANCE, steps=steps, lr=0.05, label_smoothing=0.2, augment="crop_flip"
    )
    nets: list[ResNet] = []
    *before, last = train(spec, built=nets.append)
    assert not any("final" in record.values for record in before)
    data = load("digits")
    count = {1: 250, 12: 12 * 64}[steps]  # what it has trained on, but 250 at least
    seen = fixed_order(len(data))[:count]
    images, labels = data.images[seen], data.labels[seen]
    unseen, true = (all_[fixed_order(297)[:count]] for all_ in held_out("digits", data, 8))
    found = dict(zip(spec.quantities["final"].names, last.values["final"], strict=True))
    own = by_hand(nets[0], images, labels, images[fixed_order(count)[: count // 2]])
    others = by_hand(nets[0], unseen, true, images[fixed_order(count)[: count // 2]])
    assert list(found) == [
        *("train_loss", "train_loss_se", "train_accuracy", "train_images"),
        *("eval_loss", "eval_loss_se", "eval_accuracy", "eval_images"),
    ]
    np.testing.assert_allclose(list(found.values()), own + others, rtol=1e-3)
    assert found["train_images"] == count
    assert found["eval_images"] == min(count, 297)


def test_measuring_the_end_leaves_no_trace() -> None:
    spec = tiny_spec(steps=3, config=NET)
    nets: list[ResNet] = []
    kept: dict[str, Tensor] = {}
    random: list[Tensor] = []

    def ending(record: StepRecord) -> None:
        assert record.step == 2
        assert "final" not in record.values
        kept.update({name: value.clone() for name, value in nets[0].state_dict().items()})
        random.append(torch.random.get_rng_state())

    *_, last = train(spec, built=nets.append, ending=ending)
    assert last.values["final"].shape == (8,)
    assert torch.equal(random[0], torch.random.get_rng_state())
    assert all(torch.equal(v, kept[name]) for name, v in nets[0].state_dict().items())
    assert all(m.training for m in nets[0].modules())
    assert {m.momentum for m in nets[0].modules() if isinstance(m, nn.BatchNorm2d)} == {0.1}
    *_, again = train(spec)
    assert np.array_equal(again.values["final"], last.values["final"])
    assert again.loss == last.loss


def test_a_net_that_has_diverged_has_an_end_that_is_not_finite() -> None:
    *_, last = train(tiny_spec(steps=2, lr=1e6, config=NET.model_copy(update={"norm": "none"})))
    loss, error, accuracy, count, *_ = last.values["final"]
    assert not np.isfinite([loss, error]).any()
    assert 0 <= accuracy < 0.3
    assert count == 250


def test_without_held_out_images_and_of_few_images_it_is_nan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resnet_viz.training.loop.held_out_part", lambda *_: None)
    *_, last = train(tiny_spec(steps=1, batch_size=1, subset=1))
    loss, error, _, count, *others = last.values["final"]
    assert np.isfinite(loss)
    assert count == 1
    assert np.isnan([error, *others]).all()


def test_large_images_go_through_in_portions_of_as_many_pixels() -> None:
    assert [images_at_once(size) for size in (8, 32, 64, 224)] == [250, 250, 62, 5]
    assert images_at_once(224, least=64) == 64
    assert images_at_once((128, 32)) == 62
