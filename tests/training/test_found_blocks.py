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
    with lab.watch(net, "mine") as watched:
        net(torch.randn(8, 6)).square().mean().backward()
        watched.step(1.0)
    run = lab.get(watched.run_id)
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
