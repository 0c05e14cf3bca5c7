"""Models of all kinds, watched: layers, blocks, types and wrappers, against torch itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.training.first_rows import MOST_NUMBERS
from resnet_viz.training.watching.watcher import Watcher
from tests.training.watched import (
    BLOCKS,
    Kept,
    Trunk,
    close,
    norm,
    trained,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_channel_is_dead_where_it_is_so_in_every_part() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 3, bias=False), nn.ReLU(), nn.Flatten())
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, 3, 3))  # type: ignore[operator]
    kept = Kept()
    with Watcher(net, kept) as watcher:
        for alive in (0, 1):
            images = torch.zeros(2, 3, 4, 4)
            images[:, alive] = 1
            net(images).sum().backward()
        watcher.step(1.0)
    assert kept.named("dead_share")["0"] == close(1 / 3)


class Changed(nn.Module):
    """A block whose output is changed in place after it, or is large."""

    def __init__(self, width: int, *, is_changed: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.block, self.is_changed = nn.Linear(6, width), is_changed

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(x)
        return out.relu_() if self.is_changed else out


@pytest.mark.parametrize(
    ("width", "is_changed", "images"),
    [(7, False, 6), (7, True, 3), (MOST_NUMBERS, False, 6), (MOST_NUMBERS + 1, False, 3)],
)
def test_the_rank_is_of_the_first_part_where_its_features_cannot_be_had(
    width: int, images: int, *, is_changed: bool
) -> None:
    net, kept = Changed(width, is_changed=is_changed), Kept()
    torch.manual_seed(1)
    every = torch.randn(6, 6)
    with Watcher(net, kept, blocks=["block"]) as watcher:
        for part in every.chunk(2):
            net(part).square().sum().backward()
        watcher.step(1.0)
    centred = net.block(every[:images]).detach().double()
    shares = torch.linalg.svdvals(centred - centred.mean(0)) ** 2
    shares = shares[shares > 1e-12 * shares.sum()] / shares.sum()
    expected = float((-shares * shares.log()).sum().exp())
    assert kept.named("effective_rank")["block"] == close(expected)


class Reader(nn.Module):
    """An embedding, an LSTM, attention, and weights that are computed from others."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(8, 2)
        self.embedding = nn.Embedding(10, 8, sparse=True)
        self.lstm = nn.LSTM(8, 8)
        self.attention = nn.MultiheadAttention(8, 2)
        self.normed, self.spectral = weight_norm(nn.Linear(8, 8)), spectral_norm(nn.Linear(8, 8))
        self.position = nn.Parameter(torch.randn(5, 8))

    def forward(self, words: Tensor) -> Tensor:
        x = self.lstm(self.embedding(words) + self.position[:, None])[0]
        x = self.attention(x, x, x)[0]
        out: Tensor = self.head(self.spectral(self.normed(x)).mean(0))
        return out


def test_every_kind_of_layer_is_measured_in_forward_order_or_named() -> None:
    net, kept = Reader(), Kept()
    with pytest.warns(UserWarning, match=r"not measured: .*\(position\)") as caught:
        watcher = Watcher(net, kept)
    assert len(caught) == 1
    loss = net(torch.arange(10).reshape(5, 2)).square().sum()
    loss.backward()
    watcher.step(loss)
    of = dict(net.named_parameters())
    expected = {
        "embedding": of["embedding.weight"].grad.to_dense(),  # type: ignore[union-attr]
        "lstm.weight_ih_l0": of["lstm.weight_ih_l0"].grad,
        "lstm.weight_hh_l0": of["lstm.weight_hh_l0"].grad,
        "attention.in_proj": of["attention.in_proj_weight"].grad,
        "attention.out_proj": of["attention.out_proj.weight"].grad,
        "normed": of["normed.parametrizations.weight.original1"].grad,
        "spectral": of["spectral.parametrizations.weight.original"].grad,
        "head": of["head.weight"].grad,
    }
    assert kept.held["grad_norm"].names == tuple(expected)
    assert kept.named("grad_norm") == close({k: norm(g) for k, g in expected.items()})
    assert kept.states()["position"] == LayerState.NOT_HOOKED
    assert kept.held["layer_state"].names == (*expected, "position")


def test_updates_are_right_where_weights_have_two_types() -> None:
    torch.manual_seed(0)
    net, kept = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4).bfloat16()), Kept()
    before = [m.weight.detach().double() for m in net]
    with Watcher(net, kept) as watcher:
        loss = net[1](net[0](torch.randn(3, 4)).bfloat16()).float().square().sum()
        loss.backward()
        torch.optim.SGD(net.parameters(), 0.1).step()
        watcher.step(loss)
    expected = [
        norm(m.weight.detach().double() - w) / norm(w) for m, w in zip(net, before, strict=True)
    ]
    np.testing.assert_allclose(kept.records[0].update_ratio, expected, rtol=1e-2)


def test_wrapped_and_compiled_models_have_the_names_of_what_is_inside() -> None:
    for wrap in (nn.DataParallel, partial(torch.compile, backend="eager")):
        net, kept = Trunk(), Kept()
        model = wrap(net)
        is_compiled = wrap is not nn.DataParallel
        if is_compiled:
            with pytest.warns(UserWarning, match="because the model is compiled"):
                watcher = Watcher(model, kept, blocks=BLOCKS)
        else:
            watcher = Watcher(model, kept, blocks=BLOCKS)
        with watcher:
            for _ in range(2):
                found = trained(model, watcher)
        named = kept.named("grad_norm", 1)
        assert tuple(named) == (*BLOCKS, "head")
        inside = {n.removeprefix("module.").removeprefix("_orig_mod."): v for n, v in found.items()}
        assert named == close({name: inside[name] for name in named})
        assert ("output_rms" in kept.held) == (not is_compiled)


class Sequences(nn.Module):
    """Attention over 12 places of 3 images, with a row per place as torch has it by default."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.head = nn.Linear(5, 8), nn.Linear(8, 2)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
        self.own = nn.Sequential(nn.Linear(8, 8), nn.Tanh())

    def forward(self, images: Tensor) -> Tensor:
        x = self.block(self.embed(images).transpose(0, 1))
        out: Tensor = self.head(self.own(x).mean(0))
        return out


def test_the_rank_is_that_of_images_where_the_sequence_comes_first() -> None:
    net, kept, images = Sequences(), Kept(), torch.randn(3, 12, 5)
    with Watcher(net, kept, blocks=["block", "own"]) as watcher:
        loss = net(images).square().sum()
        loss.backward()
        watcher.step(loss)
    block = net.block(net.embed(images).transpose(0, 1))
    for name, output in (("block", block), ("own", net.own(block))):
        by_image = output.detach().double().transpose(0, 1).flatten(1)
        centred = by_image - by_image.mean(0)
        shares = torch.linalg.svdvals(centred) ** 2
        shares = shares[shares > 1e-12] / shares.sum()
        expected = float((-shares * shares.log()).sum().exp())
        assert kept.named("effective_rank")[name] == close(expected)
