"""Loops as people write them, watched: against autograd in the loop itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.layer_states import LayerState, StateLog
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


def test_a_layer_that_is_replaced_has_no_gradient_left() -> None:
    net, kept = Trunk(), Kept()
    with Watcher(net, kept) as watcher:
        trained(net, watcher)
        loss = net(torch.randn(5, 4)).square().sum()
        loss.backward()
        watcher.step(loss)
        net.head = nn.Linear(net.head.in_features, net.head.out_features)
        loss = net(torch.randn(5, 4)).square().sum()
        loss.backward()
        with pytest.warns(UserWarning, match="no longer has the weights of head"):
            watcher.step(loss)
    assert kept.named("grad_norm", 1)["head"] > 0
    assert np.isnan(kept.named("grad_norm", 2)["head"])
    assert kept.states(2)["head"] == LayerState.UNUSED


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


def test_states_are_recorded_where_they_change() -> None:
    net, kept = Trunk(), Kept()
    with Watcher(net, kept) as watcher:
        for _ in range(3):
            trained(net, watcher)
    assert ["layer_state" in r.values for r in kept.records] == [True, False, False]
    assert StateLog().record(np.zeros(2, np.int64)).keys() == {"layer_state"}


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
