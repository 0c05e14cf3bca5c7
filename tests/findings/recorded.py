"""Records of real races, kept so that sentences are tested on what nets really do.

`python -m tests.findings.recorded` trains them anew (minutes) and overwrites the files. A plain
net's course is chaotic: another machine writes other numbers; the tests' go with the files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.records import History, StepRecord

FILE = Path(__file__).parents[1] / "golden" / "races.npz"
SEEDS = FILE.with_name("plain20_seeds.npz")
"""Losses and accuracies [12, 40] of one net, plain-20, from twelve seeds, on the digits."""
NETS = ("resnet56-cifar", "plain56-cifar")
# Handwritten digits, 60 steps of 64 images.
RACES: dict[str, dict[str, float]] = {
    "default": {"seed": 0, "lr": 0.01},
    "warm-up": {"seed": 1, "lr": 0.1, "warmup_steps": 20},
    "no norm": {"seed": 0, "lr": 0.01},
}


def recorded(race: str) -> list[Contestant]:
    """The contestants of a race, the residual net first; gradient norms to three digits."""
    configs = [_config(race, net) for net in NETS]
    with np.load(FILE) as file:
        histories = [_history(*(file[f"{race}/{net}/{part}"] for part in PARTS)) for net in NETS]
    colours = contestant_colours(configs)
    return [
        Contestant(net, colour, plan(config).weighted_layers, history, classes=10)
        for net, config, colour, history in zip(NETS, configs, colours, histories, strict=True)
    ]


PARTS = ("loss", "accuracy", "log_norms")


def _config(race: str, net: str) -> ResNetConfig:
    return revise(preset(net), norm="none") if race == "no norm" else preset(net)


def _history(loss: np.ndarray, accuracy: np.ndarray, log_norms: np.ndarray) -> History:
    norms = 10 ** log_norms.astype(np.float32)
    return History(
        StepRecord(step, float(loss[step]), float(accuracy[step]), 0.1 * step, {"grad_norm": row})
        for step, row in enumerate(norms)
    )


def main() -> None:
    """Train and write."""
    from resnet_viz.training.loop import train

    written: dict[str, np.ndarray] = {}
    for race, fields in RACES.items():
        for net in NETS:
            config = _config(race, net)
            spec = RunSpec.model_validate({"config": config, "steps": 60, "device": "cpu"} | fields)
            records = list(train(spec))
            norms = np.stack([record.grad_norm for record in records])
            columns = (
                np.array([record.loss for record in records], np.float32),
                np.array([record.accuracy for record in records], np.float32),
                np.log10(norms).astype(np.float16),
            )
            for part, column in zip(PARTS, columns, strict=True):
                written[f"{race}/{net}/{part}"] = column
    np.savez_compressed(FILE, allow_pickle=False, **written)
    spec = RunSpec(config=preset("plain20-cifar"), steps=40, device="cpu")
    runs = [list(train(spec.model_copy(update={"seed": seed}))) for seed in range(12)]
    columns = {
        name: np.array([[getattr(record, name) for record in run] for run in runs], np.float32)
        for name in ("loss", "accuracy")
    }
    np.savez_compressed(SEEDS, allow_pickle=False, **columns)


if __name__ == "__main__":
    main()
