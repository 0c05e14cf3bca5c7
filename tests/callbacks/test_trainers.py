"""Callbacks in Lightning's and transformers' own trainers: steps, losses and gradients."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viz import Lab
from resnet_viz.quantities.records import History

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_thread")]


def _history(lab: Lab, run_id: str) -> History:
    history = History()
    history.extend(lab.records(run_id))
    return history


def _data() -> list[tuple[Tensor, Tensor]]:
    torch.manual_seed(1)
    return [(torch.randn(1, 6)[0], torch.tensor(i % 2)) for i in range(16)]


class Net(nn.Module):
    """A block and a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.block, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(x + torch.tanh(self.block(x)))


def _by_hand() -> tuple[list[float], list[float]]:
    """Losses and gradient norms of the head: two minibatches of four make a step, clipped."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.5)
    rows = _data()
    losses, norms = [], []
    for begin in (0, 8):
        optimizer.zero_grad()
        parts = [rows[begin : begin + 4], rows[begin + 4 : begin + 8]]
        total = torch.tensor(0.0)
        for part in parts:
            images, labels = (torch.stack(own) for own in zip(*part, strict=True))
            loss = nn.functional.cross_entropy(net(images), labels) / 2
            loss.backward()
            total += loss.detach()
        assert net.head.weight.grad is not None
        losses.append(float(total))
        norms.append(float(net.head.weight.grad.norm()))
        nn.utils.clip_grad_norm_(net.parameters(), 0.01)
        optimizer.step()
    return losses, norms


def test_lightnings_trainer_is_recorded_step_by_step(lab: Lab, tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning")
    from resnet_viz.callbacks.lightning import LightningWatch

    class Module(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = Net()

        def training_step(self, batch: Any, _: int) -> Tensor:
            images, labels = batch
            return nn.functional.cross_entropy(self.net(images), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), 0.5)

    watch = LightningWatch(lab, "mine")
    trainer = lightning.Trainer(
        max_epochs=1,
        accumulate_grad_batches=2,
        gradient_clip_val=0.01,
        callbacks=[watch],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=tmp_path,
    )
    trainer.fit(Module(), torch.utils.data.DataLoader(_data(), batch_size=4))  # type: ignore[arg-type]
    _check(lab, watch.run_id)


def _check(lab: Lab, run_id: str) -> None:
    losses, norms = _by_hand()
    run, history = lab.get(run_id), _history(lab, run_id)
    assert (run.status, run.name) == ("finished", "mine")
    assert list(run.shortcuts) == ["block"]
    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    column = next(
        i for i, name in enumerate(run.quantities["grad_norm"].names) if name.endswith("head")
    )
    np.testing.assert_allclose(history.series("grad_norm").values[:, column], norms, rtol=1e-4)


def test_transformers_trainer_is_recorded_step_by_step(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    transformers = pytest.importorskip("transformers")
    from resnet_viz.callbacks.transformers import TrainerWatch

    class WithLoss(Net):
        def forward(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
            logits = super().forward(images)
            return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=1,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        max_grad_norm=0.01,
        learning_rate=0.5,
        lr_scheduler_type="constant",
        optim="sgd",
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    rows = [{"images": image, "labels": label} for image, label in _data()]
    watch = TrainerWatch(lab, "mine")
    model = WithLoss()
    trainer = transformers.Trainer(model, arguments, train_dataset=rows, callbacks=[watch])
    trainer._get_train_sampler = lambda *_: torch.utils.data.SequentialSampler(rows)  # type: ignore[arg-type]
    trainer.train()
    _check(lab, watch.run_id)
    assert not model._forward_hooks


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
