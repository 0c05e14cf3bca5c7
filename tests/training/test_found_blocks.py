"""Lab.watch without named blocks: they are found, kept with the run, and drawn in its strip."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viz import Lab
from resnet_viz.findings.contestant import contestants_in
from resnet_viz.lab.race_feed import Feed
from resnet_viz.stage.message import share_of_shortcut
from resnet_viz.stage.strip import strip
from resnet_viz.training.watching import found_blocks
from tests.training.watched import Kept, Watcher

pytestmark = pytest.mark.usefixtures("one_thread")


class Blocks(nn.Module):
    """An input, two blocks of which the first begins at it, and a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = x + torch.tanh(self.first(x))
        x = x + torch.tanh(self.second(x))
        return self.head(x)


def _gradients(net: Blocks, given: Tensor) -> dict[str, dict[str, Tensor]]:
    """By hand: each block's input, once for the shortcut and once for the branch."""
    start = given.clone().requires_grad_()
    parts: dict[str, list[Tensor]] = {}
    x = start
    for name, layer in (("first", net.first), ("second", net.second)):
        parts[name] = [x.view_as(x), x.view_as(x), x]
        x = parts[name][0] + torch.tanh(layer(parts[name][1]))
    loss = net.head(x).square().mean()
    grads = {n: torch.autograd.grad(loss, own, retain_graph=True) for n, own in parts.items()}
    return {
        name: dict(zip(("shortcut", "branch", "input"), own, strict=True))
        for name, own in grads.items()
    }


def test_the_gradients_of_found_blocks_are_those_of_autograd_in_parts_too() -> None:
    net, kept = Blocks(), Kept()
    given = torch.randn(8, 6)
    wanted = _gradients(net, given)
    with Watcher(net, kept) as watcher:
        for part in given.chunk(2):  # accumulated
            (net(part).square().mean() / 2).backward()
        watcher.step(1.0)
    for point in ("shortcut", "branch", "input"):
        found = kept.named(f"grad_{point}_norm")
        for name in ("first", "second"):
            assert found[name] == pytest.approx(float(wanted[name][point].norm()), rel=1e-5)
    cosine = torch.cosine_similarity(
        wanted["first"]["shortcut"].flatten(), wanted["first"]["branch"].flatten(), dim=0
    )
    assert kept.named("grad_cosine")["first"] == pytest.approx(float(cosine), abs=1e-5)


def test_training_is_the_same_whether_or_not_blocks_are_found() -> None:
    given = torch.randn(8, 6)
    weights = []
    for is_watched in (False, True):
        net = Blocks()
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        with Watcher(net, Kept()) as watcher:
            if not is_watched:
                watcher.close()
            for _ in range(3):
                optimizer.zero_grad()
                net(given).square().mean().backward()
                optimizer.step()
                if is_watched:
                    watcher.step(0.0)
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
        weights.append([p.detach().clone() for p in net.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_training_goes_on_where_shortcuts_cannot_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no such graph")

    monkeypatch.setattr(found_blocks, "additions", broken)
    net, kept = Blocks(), Kept()
    with Watcher(net, kept) as watcher:
        with pytest.warns(UserWarning, match="not found: no such graph"):
            output = net(torch.randn(4, 6))
        output.square().mean().backward()
        watcher.step(1.0)
        net(torch.randn(4, 6)).square().mean().backward()
        watcher.step(1.0)
    assert len(kept.records) == 2
    assert "grad_input_norm" not in kept.held


def test_a_watched_nets_strip_has_its_blocks_and_arcs(lab: Lab) -> None:
    net = Blocks()
    with lab.watch(net, "mine", steps=7) as watched:
        net(torch.randn(8, 6)).square().mean().backward()
        watched.step(1.0)
    run = lab.get(watched.run_id)
    assert (run.steps, run.steps_done) == (7, 1)
    assert {name: one.kind for name, one in run.shortcuts.items()} == {
        "first": "identity",
        "second": "identity",
    }
    (contestant,) = contestants_in(Feed(lab, watched.run_id).look())
    boxes = [(box.name, box.label, box.shortcut) for box in strip(contestant)]
    assert boxes == [
        ("first", "first", "identity"),
        ("second", "second", "identity"),
        ("", "head", ""),
    ]
    share = share_of_shortcut(contestant).values
    assert share.shape == (1, 2)
    assert np.isfinite(share).all()


class Layers(nn.Module):
    """A layer as transformers have them: two sums, the first of which a norm takes."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(6), nn.LayerNorm(6)
        self.mix, self.feed = nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mix(self.norm1(x))
        return x + self.feed(self.norm2(x))


def test_outputs_of_found_blocks_are_measured_from_the_second_look_on() -> None:
    torch.manual_seed(0)
    net, kept = nn.Sequential(nn.Linear(6, 6), Layers(), Layers(), nn.Linear(6, 2)), Kept()
    given = torch.randn(8, 6)
    with Watcher(net, kept, measure_every=2) as watcher:
        for _ in range(3):
            net(given).square().mean().backward()
            watcher.step(1.0)
    assert "output_rms" not in kept.records[0].values
    found = kept.named("output_rms", 2)
    with torch.no_grad():
        x = net[0](given)
        for number in (1, 2):
            layer = net[number]
            x = x + layer.mix(layer.norm1(x))
            own = {f"{number}.mix": x}
            x = x + layer.feed(layer.norm2(x))
            own[f"{number}.feed"] = x
            for name, value in own.items():
                wanted = float(value.double().square().mean().sqrt())
                assert found.pop(name) == pytest.approx(wanted, rel=1e-5)
    assert found == {}


def test_the_output_of_a_residual_block_is_what_its_module_gives() -> None:
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(0)
    net, kept, wanted = torchvision.models.resnet18(num_classes=4), Kept(), {}
    given = torch.randn(2, 3, 32, 32)
    with Watcher(net, kept, measure_every=1) as watcher:
        for _ in range(2):
            net(given).square().mean().backward()
            watcher.step(1.0)
    for name in kept.held["output_rms"].names:
        net.get_submodule(name).register_forward_hook(
            lambda *passed, name=name: wanted.update({name: passed[2].detach().clone()})
        )
    net(given)
    assert len(wanted) == 8
    for name, value in kept.named("output_rms", 1).items():
        own = float(wanted[name].double().square().mean().sqrt())
        assert value == pytest.approx(own, rel=1e-4)
