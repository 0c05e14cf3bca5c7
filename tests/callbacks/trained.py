"""Trainings by Lightning's and transformers' trainers, with the callback that records them.

python -m tests.callbacks.trained LIBRARY HOME    one of two processes that train one net
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnet_viz import Lab
from tests.callbacks.nets import CLIPPED, RATE, Net, Row, WithItems, WithLoss, data


def by_lightning(lab: Lab, folder: Path, rows: Sequence[Row], **settings: Any) -> str:
    """A net of its own: two minibatches of four make a step, clipped. Returns the run's id."""
    import lightning

    from resnet_viz.callbacks.lightning import LightningWatch

    class Module(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = Net()

        def training_step(self, batch: Any, _: int) -> Tensor:
            images, labels = batch
            return nn.functional.cross_entropy(self.net(images), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), RATE)

    watch = LightningWatch(lab, "mine")
    trainer = lightning.Trainer(
        max_epochs=1,
        accumulate_grad_batches=2,
        gradient_clip_val=CLIPPED,
        callbacks=[watch],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=folder,
        **settings,
    )
    trainer.fit(Module(), torch.utils.data.DataLoader(rows, batch_size=4))  # type: ignore[arg-type]
    return watch.run_id


def by_transformers(
    lab: Lab, folder: Path, rows: Sequence[Row], model: Net, **settings: Any
) -> str:
    """The same by transformers' Trainer."""
    import transformers

    from resnet_viz.callbacks.transformers import TrainerWatch

    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        max_grad_norm=CLIPPED,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        optim="sgd",
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        **settings,
    )
    named: list[Mapping[str, Tensor]] = [{"images": image, "labels": to} for image, to in rows]
    watch = TrainerWatch(lab, "mine")
    trainer = transformers.Trainer(model, arguments, train_dataset=named, callbacks=[watch])  # type: ignore[arg-type]
    trainer._get_train_sampler = lambda *_: torch.utils.data.SequentialSampler(named)  # type: ignore[arg-type]
    trainer.train()
    assert not model._forward_hooks
    return watch.run_id


if __name__ == "__main__":
    torch.set_num_threads(1)
    library, home = sys.argv[1], Path(sys.argv[2])
    if library == "lightning":
        own = data(32)[int(os.environ["RANK"]) :: 2]  # it would shuffle them
        settings = {"devices": 2, "strategy": "ddp", "use_distributed_sampler": False}
        by_lightning(Lab(home), home, own, **settings)
    else:
        made = WithItems() if library == "transformers, told" else WithLoss()
        by_transformers(Lab(home), home, data(32), made)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
