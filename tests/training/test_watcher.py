"""Watcher: torchvision's resnet18 and our own nets in loops written here, against autograd."""

import copy
import io
from functools import partial

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.training.watching.watcher import Watcher
from tests.training.watched import Kept

STAGES = [f"layer{stage}.{i}" for stage in (1, 2, 3, 4) for i in (0, 1)]


pytestmark = pytest.mark.usefixtures("one_thread")


def resnet18() -> nn.Module:
    torch.manual_seed(0)
    net: nn.Module = torchvision.models.resnet18(num_classes=10).double()
    return net


def batch(steps: int = 1) -> list[tuple[Tensor, Tensor]]:
    torch.manual_seed(1)
    return [
        (torch.randn(4, 3, 32, 32, dtype=torch.float64), torch.randint(0, 10, (4,)))
        for _ in range(steps)
    ]


def loop(net: nn.Module, watcher: Watcher | None, steps: int = 1) -> list[float]:
    """SGD as anyone writes it, with an evaluation before each step."""
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)
    losses = []
    for images, labels in batch(steps):
        with torch.no_grad():
            net(images)
        loss = functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if watcher:
            watcher.step(loss, accuracy=0.25)
        losses.append(loss.item())
    return losses


def norm(tensor: Tensor) -> float:
    return float(np.linalg.norm(tensor.detach().numpy()))


def test_torchvisions_resnet18_against_autograd() -> None:
    kept = Kept()
    net = resnet18()
    with Watcher(net, kept, blocks=STAGES) as watcher:
        (loss,) = loop(net, watcher)
    # torchvision's forward by hand, nothing in place, with the inputs of the blocks kept
    net = resnet18()
    ((images, labels),) = batch()
    with torch.no_grad():
        net(images)
    x = torch.relu(net.bn1(net.conv1(images)))
    x = functional.max_pool2d(x, 3, 2, 1)
    inputs, outputs, spread, dead = {}, {}, {}, {}
    for path in STAGES:
        block = net.get_submodule(path)
        inputs[path] = x
        first = block.bn1(block.conv1(x))
        second = block.bn2(block.conv2(torch.relu(first)))
        spread |= {f"{path}.conv1": first, f"{path}.conv2": second}
        x = torch.relu(second + (block.downsample(x) if block.downsample else x))
        dead |= {f"{path}.conv1": torch.relu(first), f"{path}.conv2": x}
        outputs[path] = x
    expected = functional.cross_entropy(net.fc(x.mean((2, 3))), labels)
    weights = dict(net.named_parameters())
    gradients = torch.autograd.grad(expected, [*inputs.values(), *weights.values()])
    at_inputs, by_weights = gradients[: len(inputs)], gradients[len(inputs) :]
    record = kept.records[0]
    assert record.step == 0
    assert record.loss == pytest.approx(loss)
    assert record.accuracy == 0.25
    close = partial(pytest.approx, rel=1e-5)
    assert kept.named("output_rms") == close(
        {k: v.pow(2).mean().sqrt().item() for k, v in outputs.items()}
    )
    by_inputs = dict(zip(inputs, map(norm, at_inputs), strict=True))
    assert kept.named("grad_input_norm") == close(by_inputs)
    assert kept.named("response_std") == close(
        {k: float(np.std(v.detach().numpy())) for k, v in spread.items()}
    )
    assert kept.named("dead_share") == close(
        {k: float(np.mean((v == 0).all(3).all(2).all(0).numpy())) for k, v in dead.items()}
    )
    found = {k: norm(g) for k, g in zip(weights, by_weights, strict=True) if weights[k].dim() > 1}
    layers = {k.removesuffix(".weight"): v for k, v in found.items()}
    assert kept.named("grad_norm") == close(layers)
    sizes = {f"{k}.weight": kept.named("grad_mean_abs")[k] for k in layers}
    largest = {f"{k}.weight": kept.named("grad_max_abs")[k] for k in layers}
    own = {k: g.abs() for k, g in zip(weights, by_weights, strict=True) if k in sizes}
    assert sizes == close({k: g.mean().item() for k, g in own.items()})
    assert largest == close({k: g.max().item() for k, g in own.items()})
    total = np.sqrt(sum(norm(g) ** 2 for g in by_weights))
    assert kept.named("grad_total_norm") == close({"net": total})
    ratio = {k: 0.01 * v / norm(weights[f"{k}.weight"]) for k, v in layers.items()}
    assert kept.named("update_ratio") == close(ratio)
    assert "branch_rms" not in kept.held


def test_training_is_the_same_bit_for_bit_and_no_hook_is_left() -> None:
    bare, watched = resnet18(), resnet18()
    with Watcher(watched, Kept(), blocks=STAGES, measure_every=2) as watcher:
        assert loop(watched, watcher, 3) == loop(bare, None, 3)
    for one, other in zip(bare.state_dict().values(), watched.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in watched.modules())


class Backwards(nn.Module):
    """Layers in another order than they are listed in; one is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)
        self.unused = nn.Linear(4, 4)
        self.frozen = nn.Conv2d(4, 4, 1).requires_grad_(False)
        self.second = nn.Conv2d(4, 4, 3)
        self.norm = nn.GroupNorm(2, 4)
        self.first = nn.Conv2d(3, 4, 3)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.frozen(self.act(self.first(x)))
        out: Tensor = self.last(functional.relu(self.norm(self.second(x))).mean((2, 3)))
        return out


def test_weights_that_their_owner_changes_between_steps_are_measured_as_they_are() -> None:
    net, kept = nn.Linear(3072, 10, dtype=torch.float64), Kept()
    flat = nn.Sequential(nn.Flatten(), net)
    with Watcher(flat, kept) as watcher:
        loop(flat, watcher)
        with torch.no_grad():
            net.weight.mul_(7)
        before = net.weight.detach().clone()
        loop(flat, watcher)
    found = kept.records[1]
    np.testing.assert_allclose(found.weight_norm, [norm(before)], rtol=1e-6)
    expected = norm(net.weight - before) / norm(before)
    np.testing.assert_allclose(found.update_ratio, [expected], rtol=1e-4)


class Tied(nn.Module):
    """One matrix as two layers, one of which is used twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.other, self.last = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.other.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(self.other(self.one(torch.tanh(self.one(x)))))
        return out


def test_a_weight_that_layers_share_counts_once_in_the_whole_gradient() -> None:
    net, kept = Tied(), Kept()
    with Watcher(net, kept) as watcher:
        loss = net(torch.randn(5, 6)).square().sum()
        loss.backward()
        watcher.step(loss)
    whole = np.concatenate([np.ravel(p.grad) for p in net.parameters() if p.grad is not None])
    assert kept.named("grad_total_norm")["net"] == pytest.approx(np.linalg.norm(whole), rel=1e-6)
    shared = kept.named("grad_norm")
    assert shared["one"] == shared["other"] == pytest.approx(norm(net.one.weight.grad), rel=1e-6)


def test_the_model_can_be_copied_and_saved_while_it_is_watched() -> None:
    net, kept, saved = Tied(), Kept(), io.BytesIO()
    with Watcher(net, kept) as watcher:
        for _ in range(2):
            copied = copy.deepcopy(net)
            torch.save(net, saved)
            copied(torch.randn(5, 6))
            with pytest.raises(ValueError, match="no forward pass"):
                watcher.step(1.0)  # a copy's is none
            loss = net(torch.randn(5, 6)).square().sum()
            loss.backward()
            watcher.step(loss)
    assert len(kept.records) == 2
    images = torch.randn(5, 6)
    saved.seek(0)
    assert torch.equal(torch.load(saved, weights_only=False)(images), net(images))


def test_layers_are_in_the_order_of_the_first_forward_pass() -> None:
    torch.manual_seed(0)
    net, kept, images = Backwards(), Kept(), torch.randn(2, 3, 9, 9)
    watcher = Watcher(net, kept)
    assert watcher.quantities["grad_norm"].names == (
        *("last", "unused", "frozen", "second", "first"),
    )
    net(images).sum().backward()
    watcher.step(1.5)
    assert kept.held["grad_norm"].names == ("first", "frozen", "second", "last", "unused")
    assert np.isnan(kept.named("grad_norm")["unused"])
    states = {name: LayerState(code) for name, code in kept.named("layer_state").items()}
    assert (states["unused"], states["frozen"]) == (LayerState.UNUSED, LayerState.FROZEN)
    assert kept.held["response_std"].names == ("first", "second")
    first = net.first(images)
    assert kept.named("response_std")["first"] == pytest.approx(first.std(correction=0).item())
    normed = net.norm(net.second(net.frozen(torch.relu(first))))
    assert kept.named("response_std")["second"] == pytest.approx(normed.std(correction=0).item())
    assert kept.held["dead_share"].names == ("first",), "the other's nonlinearity is no module"
    assert "output_rms" not in kept.held
    assert kept.records[0].loss == 1.5


def test_what_a_watcher_cannot_do_is_said() -> None:
    net = Backwards()
    with pytest.raises(ValueError, match="unknown block 'frist'; did you mean 'first'"):
        Watcher(net, Kept(), blocks=["frist"])
    with pytest.raises(ValueError, match="no convolution or linear layer"):
        Watcher(nn.ReLU(), Kept())
    watcher = Watcher(net, Kept())
    with pytest.raises(ValueError, match="no forward pass"):
        watcher.step(1.0)
    net(torch.randn(2, 3, 9, 9))
    with pytest.warns(UserWarning, match=r"call step\(\) after loss.backward"):
        watcher.step(1.0)
    for loss, words in (
        (torch.ones(3), "loss = "),
        ("much", "loss = 'much' is not one number"),
        (10**400, "is not one number"),
    ):
        with pytest.raises(ValueError, match=words):
            watcher.step(loss)  # type: ignore[arg-type]
