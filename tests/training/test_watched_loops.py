"""Loops as people write them, watched: against train(), and against autograd in the loop itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.nets.memory_format import memory_format
from resnet_viz.nets.network import build_resnet
from resnet_viz.quantities.every import weights_every
from resnet_viz.quantities.layer_states import LayerState, StateLog
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training.first_rows import MOST_NUMBERS
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load
from resnet_viz.training.update.optimizers import make_optimizer, make_schedule
from resnet_viz.training.update.precision import autocast
from resnet_viz.training.watching.watched_model import measurable
from resnet_viz.training.watching.watcher import Watcher
from resnet_viz.training.watching.work import Work
from tests.labs import tiny_spec

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
close = partial(pytest.approx, rel=1e-4)


class Kept:
    """What a watcher records."""

    def __init__(self) -> None:
        self.records: list[StepRecord] = []
        self.held: Mapping[str, Along] = {}

    def __call__(self, record: StepRecord, held: Mapping[str, Along]) -> None:
        self.records.append(record)
        self.held = held

    def named(self, quantity: str, step: int = 0) -> dict[str, float]:
        values = self.records[step].values[quantity].tolist()
        return dict(zip(self.held[quantity].names, values, strict=True))

    def states(self, step: int = -1) -> dict[str, LayerState]:
        """Those in force at a step."""
        every = [r.values["layer_state"] for r in self.records if "layer_state" in r.values]
        taken = [r.step for r in self.records if "layer_state" in r.values]
        step = step % len(self.records)
        codes = every[sum(at <= step for at in taken) - 1]
        names = self.held["layer_state"].names
        return {name: LayerState(code) for name, code in zip(names, codes, strict=True)}


def norm(tensor: Tensor | None) -> float:
    assert tensor is not None
    return float(np.linalg.norm(tensor.detach().double().numpy()))


NET = ResNetConfig(depths=(2, 1), widths=(8, 16), stem="cifar", shortcut="projection")


def batches_of(spec: RunSpec) -> Iterator[tuple[Tensor, Tensor]]:
    data = load("digits", 8)
    return minibatches(data, spec.batch_size, spec.seed, 8, CPU)


def own_loop(spec: RunSpec, kept: Kept, parts: int = 1) -> None:
    """What train() does, as its user would write it: scaled, clipped, and cleared at the end."""
    layout = memory_format(spec.adapted, CPU)
    net = build_resnet(spec.adapted, seed=spec.seed).to(memory_format=layout)
    optimizer = make_optimizer(spec, net.parameters())
    schedule = make_schedule(spec, optimizer)
    scaler = torch.amp.GradScaler("cpu", enabled=spec.precision == "float16")
    how_often = {"measure_every": spec.measure_every, "steps": spec.steps}
    with Watcher(net, kept, **how_often) as watcher:
        for _, (images, labels) in zip(range(spec.steps), batches_of(spec), strict=False):
            losses = []
            for some, own in zip(images.chunk(parts), labels.chunk(parts), strict=True):
                with autocast(CPU, spec.precision):
                    logits = net(some.to(memory_format=layout))
                loss = functional.cross_entropy(logits.float(), own) / parts
                scaler.scale(loss).backward()
                losses.append(loss.detach())
            if spec.clip_grad_norm is not None:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(net.parameters(), spec.clip_grad_norm)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            optimizer.zero_grad()
            watcher.step(torch.stack(losses).sum())


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"precision": "bfloat16"},
        {"precision": "float16"},
        {"precision": "float16", "clip_grad_norm": 0.5},
        {"clip_grad_norm": 0.5, "optimizer": "adamw", "schedule": "cosine", "lr": 1e-3},
        {"schedule": "step", "warmup_steps": 2},
        {"activation_order": "full_preactivation"},
    ],
    ids=str,
)
def test_a_loop_of_ones_own_gives_the_records_of_train(how: dict[str, object]) -> None:
    order = how.pop("activation_order", "original")
    config = NET.model_copy(update={"activation_order": order})
    spec = tiny_spec(config=config, steps=5, measure_every=2, **how)
    kept = Kept()
    own_loop(spec, kept)
    assert kept.held == {name: one for name, one in spec.quantities.items() if name != "final"}
    records = list(train(spec))
    for one, other in zip(records, kept.records, strict=True):
        assert one.values.keys() - {"final"} == other.values.keys()
        assert other.loss == pytest.approx(one.loss, rel=1e-5)
        for name, values in other.values.items():
            about = {"rtol": 1e-4, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(values, one.values[name], **about)


@pytest.mark.parametrize(("images", "parts"), [(32, 4), (96, 4), (130, 2)])
def test_a_minibatch_in_parts_gives_the_records_of_the_whole(images: int, parts: int) -> None:
    """Every quantity: the rank is of the first 64 images, of up to three parts or of one."""
    config = NET.model_copy(update={"norm": "none", "init": "xavier"})
    spec = tiny_spec(config=config, steps=3, measure_every=2, batch_size=images)
    whole, in_parts, first = Kept(), Kept(), Kept()
    own_loop(spec, whole)
    own_loop(spec, in_parts, parts=parts)
    own_loop(spec.model_copy(update={"batch_size": images // parts}), first)
    for one, other in zip(whole.records, in_parts.records, strict=True):
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            about = {"rtol": 1e-3, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(other.values[name], values, **about)
    assert whole.held.keys() == {name for name in spec.quantities if name != "final"}
    if parts == 2:
        return  # and so large that some quantities are the first part's, too
    # The parts are not alike: what the first alone says is something else.
    alone, of_all = first.records[0].values, whole.records[0].values
    for name in of_all.keys() - {"weight_norm", "layer_state"}:
        is_same = np.allclose(alone[name], of_all[name], rtol=1e-3, atol=1e-7)
        assert not is_same, name


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


def test_many_weights_are_looked_at_every_few_steps_alike_in_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gradients are at each step; what is taken is what it is when all is taken."""
    spec = tiny_spec(config=NET, steps=7, measure_every=4, batch_size=4)
    each = list(train(spec))
    monkeypatch.setattr("resnet_viz.quantities.every.FEW_WEIGHTS", 0)
    monkeypatch.setattr("resnet_viz.quantities.every._MOST_SHARE", 0.1)
    every = spec.weights_every
    assert 1 < every < 6
    kept = Kept()
    own_loop(spec, kept)
    looked = {step for step in range(7) if step % every == 0 or step == 6}
    for whole, run, watched in zip(each, train(spec), kept.records, strict=True):
        some = {"weight_norm", "update_ratio"} if whole.step not in looked else set()
        assert run.values.keys() == whole.values.keys() - some
        for name in run.values:
            np.testing.assert_array_equal(run.values[name], whole.values[name], err_msg=name)
        assert watched.values.keys() == run.values.keys() - {"final"}
        for name, values in watched.values.items():
            about = {"rtol": 1e-4, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(values, run.values[name], **about)
    assert kept.held == {name: one for name, one in spec.quantities.items() if name != "final"}


def test_the_work_of_any_net_is_counted_as_planned() -> None:
    """torchvision's, against our plan of the same net, whose counts are the published ones."""
    net = torchvision.models.resnet18().eval()
    weights, _ = measurable(net)
    work = Work(net, weights)
    hooks = [put() for put in work.hooks()]
    net(torch.zeros(2, 3, 64, 64))
    network = plan(revise(preset("resnet18"), image_size=64))
    assert work._done == 2 * network.macs
    assert work.weights_every(2) == weights_every(network.params, 2 * network.macs) > 1
    for hook in hooks:
        hook.remove()


def test_the_last_step_is_measured_too() -> None:
    records = list(train(tiny_spec(config=NET, steps=4, measure_every=2)))
    assert ["output_rms" in record.values for record in records] == [True, False, True, True]


class Trunk(nn.Module):
    """Two blocks and a head; a block can be left out, as LayerDrop does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.head = nn.Linear(4, 2)
        self.skipped: set[int] = set()

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            if number not in self.skipped:
                x = x + torch.tanh(block(x))
        out: Tensor = self.head(x)
        return out


BLOCKS = ["blocks.0", "blocks.1", "blocks.2"]


def trained(net: nn.Module, watcher: Watcher, rate: float = 0.1) -> dict[str, float]:
    """One step; the norms of the gradients, by autograd."""
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], rate)
    loss = net(torch.randn(5, 4)).square().sum()
    loss.backward()
    norms = {n: norm(p.grad) for n, p in net.named_parameters() if p.grad is not None}
    optimizer.step()
    watcher.step(loss)
    optimizer.zero_grad()
    return {name.removesuffix(".weight"): value for name, value in norms.items()}


def test_what_is_absent_at_first_is_recorded_when_it_comes() -> None:
    net, kept = Trunk(), Kept()
    with Watcher(net, kept, blocks=BLOCKS, measure_every=1) as watcher:
        net.skipped = {1}
        net.blocks[0].requires_grad_(False)
        trained(net, watcher)
        net.skipped = set()
        trained(net, watcher)
        net.blocks[0].requires_grad_(True)
        found = trained(net, watcher)
    assert kept.held["grad_norm"].names == (*BLOCKS, "head")
    first, last = kept.named("grad_norm", 0), kept.named("grad_norm", 2)
    assert np.isnan([first["blocks.0"], first["blocks.1"]]).all()
    assert last == close({name: found[name] for name in last})
    frozen, unused, measured = LayerState.FROZEN, LayerState.UNUSED, LayerState.MEASURED
    assert list(kept.states(0).values()) == [frozen, unused, measured, measured]
    assert list(kept.states(1).values()) == [frozen, measured, measured, measured]
    assert list(kept.states(2).values()) == [measured] * 4
    assert np.isnan(kept.named("output_rms", 0)["blocks.1"])
    assert kept.named("output_rms", 2)["blocks.1"] > 0
    assert kept.named("grad_input_norm", 2)["blocks.1"] > 0


def test_a_gradient_that_is_cleared_not_stepped_or_broken_is_said() -> None:
    net, kept = Trunk(), Kept()
    with Watcher(net, kept) as watcher:
        trained(net, watcher, rate=0.0)
        loss = net(torch.full((5, 4), torch.inf)).square().sum()
        loss.backward()
        watcher.step(loss)
    assert set(kept.states(0).values()) == {LayerState.NOT_STEPPED}
    assert LayerState.NOT_FINITE in kept.states(1).values()


@pytest.mark.parametrize("is_set_to_none", [True, False])
def test_gradients_are_read_before_they_are_cleared(*, is_set_to_none: bool) -> None:
    net, kept = Trunk(), Kept()
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    with Watcher(net, kept) as watcher:
        loss = net(torch.randn(5, 4)).square().sum()
        loss.backward()
        expected = norm(net.head.weight.grad)
        optimizer.step()
        optimizer.zero_grad(set_to_none=is_set_to_none)
        watcher.step(loss)
    assert kept.named("grad_norm")["head"] == close(expected)


def test_an_evaluation_with_gradients_is_none_of_the_step() -> None:
    net, kept = Trunk(), Kept()
    images = torch.randn(5, 4)
    with Watcher(net, kept, blocks=BLOCKS) as watcher:
        net.eval()
        net(100 * images)
        net.train()
        loss = net(images).square().sum()
        loss.backward()
        watcher.step(loss)
    assert kept.named("output_rms")["blocks.0"] < 5
    assert np.isfinite(kept.records[0].values["grad_input_norm"][1:]).all()


class Gan(nn.Module):
    """A generator and a discriminator, which the loop calls itself."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.generator, self.discriminator = nn.Linear(2, 4), nn.Linear(4, 1)


def test_of_a_gan_each_part_has_the_gradient_that_its_optimiser_saw() -> None:
    gan, kept = Gan(), Kept()
    own, other = (torch.optim.SGD(m.parameters(), 0.1) for m in gan.children())
    expected = []
    with Watcher(gan, kept) as watcher:
        for step in range(4):
            other.zero_grad()
            fake = gan.generator(torch.randn(3, 2))
            loss = gan.discriminator(fake.detach()).mean()
            (loss - gan.discriminator(torch.randn(3, 4)).mean()).backward()
            norms = [np.nan, norm(gan.discriminator.weight.grad)]
            other.step()
            if step % 2:  # the generator is trained at every second step
                own.zero_grad()
                (-gan.discriminator(fake).mean()).backward()
                norms[0] = norm(gan.generator.weight.grad)
                own.step()
                own.zero_grad()
            expected.append(norms)
            watcher.step(loss)
    assert kept.held["grad_norm"].names == ("generator", "discriminator")
    found = [record.grad_norm.tolist() for record in kept.records]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert kept.states(0)["generator"] == LayerState.UNUSED
    assert kept.states(1)["generator"] == LayerState.MEASURED


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


def test_the_scale_is_that_of_the_scaler_and_nothing_is_left_of_the_listening() -> None:
    original = torch.amp.GradScaler.scale
    net, kept = Trunk(), Kept()
    with Watcher(net, kept, blocks=BLOCKS, measure_every=1) as watcher:
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
        for is_scaled in (True, False):
            torch.manual_seed(1)
            loss = net(torch.randn(5, 4)).square().sum()
            (scaler.scale(loss) if is_scaled else loss).backward()
            watcher.step(loss)
            net.zero_grad()
    assert torch.amp.GradScaler.scale is original
    for name in ("grad_norm", "grad_input_norm"):
        scaled, plain = (record.values[name] for record in kept.records)
        np.testing.assert_allclose(scaled, plain, rtol=1e-5)


def test_a_scale_is_known_before_any_parameter_has_a_gradient() -> None:
    """What is frozen stands between the loss and the first gradient of a weight."""
    net, kept = Trunk(), Kept()
    for frozen in (net.head, net.blocks[2]):
        frozen.requires_grad_(False)
    with Watcher(net, kept, blocks=BLOCKS, measure_every=1) as watcher:
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
        for is_scaled in (True, False):
            torch.manual_seed(1)
            loss = net(torch.randn(5, 4)).square().sum()
            (scaler.scale(loss) if is_scaled else loss).backward()
            watcher.step(loss)
            net.zero_grad()
    scaled, plain = (record.values["grad_input_norm"] for record in kept.records)
    np.testing.assert_allclose(scaled, plain, rtol=1e-5)


@pytest.mark.parametrize("of_ones_own", [False, True])
def test_gradients_are_divided_by_the_scale_that_is_in_force(
    of_ones_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too large at first is halved at each step that overflows; with a rate of 0 the
    gradients must be those that a smaller scale gives, which never overflows.
    """
    how = {"lr": 0.0, "momentum": 0.0, "precision": "float16"}
    spec = tiny_spec(config=NET, steps=10, measure_every=1, **how)
    found = []
    for power in (12, 24):
        made = partial(torch.amp.GradScaler, init_scale=2.0**power)
        with monkeypatch.context() as patch:
            patch.setattr(torch.amp, "GradScaler", made)
            kept = Kept()
            if of_ones_own:
                own_loop(spec, kept)
            found.append(kept.records if of_ones_own else list(train(spec)))
    small, large = found
    overflowed = sum(not np.isfinite(record.values["grad_total_norm"]) for record in large)
    assert 0 < overflowed < spec.steps - 1
    for one, other in zip(small[overflowed:], large[overflowed:], strict=True):
        for name in one.values.keys() & other.values.keys():
            values = one.values[name], other.values[name]
            np.testing.assert_allclose(*values, rtol=1e-2, atol=1e-6, err_msg=name)


def test_states_are_recorded_where_they_change() -> None:
    net, kept = Trunk(), Kept()
    with Watcher(net, kept) as watcher:
        for _ in range(3):
            trained(net, watcher)
    assert ["layer_state" in r.values for r in kept.records] == [True, False, False]
    assert StateLog().record(np.zeros(2, np.int64)).keys() == {"layer_state"}


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


TOGETHER = """
import sys, torch, torch.distributed as dist
from torch import nn
from resnet_viz.lab.lab import Lab
rank, home, meet = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{meet}", rank=rank, world_size=2)
torch.manual_seed(0)
net = nn.parallel.DistributedDataParallel(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1)))
optimizer = torch.optim.SGD(net.parameters(), 0.1)
with Lab(home).watch(net, name="together") as w:
    for _ in range(2):
        optimizer.zero_grad()
        loss = net(torch.full((3, 4), rank + 1.0)).sum()
        loss.backward()
        print(rank, *(m.weight.grad.norm().item() for m in net.module))
        optimizer.step()
        w.step(loss)
"""


@pytest.mark.skipif(not os.environ.get("RESNET_VIZ_NIGHTLY"), reason="two more processes' torch")
def test_of_several_processes_the_first_alone_records_the_mean_gradient(tmp_path: Path) -> None:
    home, meet = str(tmp_path / "home"), str(tmp_path / "meet")
    command = [sys.executable, "-c", TOGETHER]
    each = [
        subprocess.Popen([*command, str(rank), home, meet], stdout=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    try:
        said = [process.communicate(timeout=240)[0].splitlines() for process in each]
    finally:
        for process in each:
            process.kill()
    assert [process.returncode for process in each] == [0, 0]
    lab = Lab(tmp_path / "home")
    (run,) = lab.list()
    assert run.layer_names == ("0", "1")
    for record, line in zip(lab.records(run.id), said[0], strict=True):
        np.testing.assert_allclose(record.grad_norm, list(map(float, line.split()[1:])), rtol=1e-5)
