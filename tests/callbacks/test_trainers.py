"""Callbacks in Lightning's and transformers' own trainers: steps, losses and gradients."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from resnet_viz import Lab
from tests.callbacks.nets import Net, WithItems, WithLoss, by_hand, check, data, steps_of
from tests.callbacks.trained import by_lightning, by_transformers

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_thread")]


AUTOCAST = {
    "32-true": None,
    "bf16-mixed": torch.autocast("cpu", torch.bfloat16),
    "16-mixed": torch.autocast("cpu", torch.float16),
}


@pytest.mark.parametrize("precision", AUTOCAST)
def test_lightnings_trainer_is_recorded_step_by_step(
    precision: str, lab: Lab, tmp_path: Path
) -> None:
    """Two minibatches make a step; in float16 they are scaled, and clipped once they are not."""
    pytest.importorskip("lightning")
    from lightning.pytorch.plugins import MixedPrecision

    rows = data()
    if precision == "16-mixed":  # of a CPU the trainer knows no scaler
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        settings: dict[str, Any] = {"plugins": [MixedPrecision("16-mixed", "cpu", scaler)]}
    else:
        settings = {"precision": precision}
    run_id = by_lightning(lab, tmp_path, rows, **settings)
    rel = 1e-4 if precision == "32-true" else 2e-2
    check(lab, run_id, *by_hand(list(steps_of(rows, 8)), AUTOCAST[precision]), rel)


def test_a_step_that_the_scaler_leaves_out_is_on_record(lab: Lab, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    from lightning.pytorch.plugins import MixedPrecision

    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    plugin = MixedPrecision("16-mixed", "cpu", scaler)
    run_id = by_lightning(lab, tmp_path, data(), plugins=[plugin])
    run, (first, second) = lab.get(run_id), lab.records(run_id)
    assert run.status == "finished"
    assert not np.isfinite(first.values["grad_norm"]).any()
    assert first.loss > 0
    assert (first.values["update_ratio"] == 0).all()
    assert second.step == 1


@pytest.mark.parametrize(("of", "bf16"), [(WithLoss, False), (WithLoss, True), (WithItems, False)])
def test_transformers_trainer_is_recorded_step_by_step(
    of: type[Net], bf16: bool, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("transformers")
    rows = data()
    run_id = by_transformers(lab, tmp_path, rows, of(), bf16=bf16)
    autocast = AUTOCAST["bf16-mixed"] if bf16 else None
    check(lab, run_id, *by_hand(list(steps_of(rows, 8)), autocast), 2e-2 if bf16 else 1e-4)


def test_a_trainer_that_raised_can_train_again(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers tells no callback that it raised."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("transformers")
    from resnet_viz.callbacks.transformers import TrainerWatch

    net, watch = WithItems(), TrainerWatch(lab, "mine")
    state = SimpleNamespace(max_steps=1)
    watch.on_train_begin(None, state, None, model=net)
    before = watch.run_id
    watch.on_train_begin(None, state, None, model=net)
    assert len(net._forward_hooks) == 2, "the watch's own, and the callback's for the loss"
    watch.on_train_end(None, state, None)
    assert not net._forward_hooks
    assert lab.get(before).status == "failed"


def test_a_training_that_fails_is_recorded_as_failed(lab: Lab, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    from resnet_viz.callbacks.steps import Steps

    steps = Steps(lab, "mine", (), "")
    steps.begin(Net(), 3)
    steps.end(ValueError("out of paper"))
    run = lab.get(steps.run_id)
    assert (run.status, run.message) == ("failed", "ValueError: out of paper")


@pytest.mark.parametrize("library", ["wandb", "trackio"])
def test_each_step_is_logged_elsewhere_too(
    library: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[tuple[dict[str, float], int]] = []
    module = ModuleType(library)
    module.log = lambda numbers, step: logged.append((numbers, step))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, library, module)
    net = Net()
    with lab.watch(net, log_to=library) as watched:
        net(torch.randn(4, 6)).square().mean().backward()
        watched.step(0.25)
    ((numbers, step),) = logged
    assert (step, numbers["loss"]) == (0, 0.25)
    assert "accuracy" not in numbers
    assert net.head.weight.grad is not None
    assert numbers["grad_norm/head"] == pytest.approx(float(net.head.weight.grad.norm()), rel=1e-5)
    assert numbers["grad_shortcut_norm/block"] > 0


def test_an_unknown_library_to_log_to_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="log_to = 'paper' is not allowed"):
        lab.watch(Net(), log_to="paper")
