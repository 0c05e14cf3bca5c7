"""A training that is broken off, saved and begun again elsewhere is the same one bit for bit."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training.loop import train
from resnet_viz.training.training_state import Resumable, read_state, write_state
from tests.labs import TINY, tiny_spec

pytestmark = pytest.mark.usefixtures("one_thread")

RANDOM = ResNetConfig(depths=(2, 1), widths=(8, 8), stem="cifar", dropout=0.3, stochastic_depth=0.4)
WAYS: dict[str, dict[str, Any]] = {
    "sgd": {},
    "nesterov, step, warm-up": {
        "nesterov": True,
        "schedule": "step",
        "step_milestones": (5, 8),
        "warmup_steps": 6,
    },
    "sgd, cosine, warm-up": {"schedule": "cosine", "warmup_steps": 8, "lr": 0.1},
    "adam, cosine": {"optimizer": "adam", "schedule": "cosine", "lr": 0.001},
    "adamw, step": {"optimizer": "adamw", "schedule": "step", "weight_decay": 0.1},
    "no momentum, constant, warm-up": {"momentum": 0.0, "warmup_steps": 9},
    "float16": {"precision": "float16", "lr": 1.0, "clip_grad_norm": 0.5},
    "bfloat16, adam": {"precision": "bfloat16", "optimizer": "adam", "lr": 0.001},
    "dropout and stochastic depth": {"config": RANDOM},
    "cropped, mirrored, resized": {"augment": "crop_flip", "image_size": 10},
    "several epochs of a subset": {"subset": 40, "batch_size": 16},
    "smoothing, held-out": {"label_smoothing": 0.1, "evaluate_every": 4, "measure_every": 3},
    "activation checkpointing": {"activation_checkpointing": True, "config": RANDOM},
    "group norm": {"config": TINY.model_copy(update={"norm": "group"})},
}


def whole(spec: RunSpec) -> tuple[list[StepRecord], dict[str, torch.Tensor]]:
    """The records and last weights of a training that nothing breaks off."""
    nets: list[ResNet] = []
    records = list(train(spec, built=nets.append))
    return records, nets[0].state_dict()


def broken_off(
    spec: RunSpec, at: tuple[int, ...], file: Path
) -> tuple[list[StepRecord], dict[str, torch.Tensor]]:
    """The same of one that begins again from a file after each number of steps in `at`."""
    records: list[StepRecord] = []
    for end in (*at, spec.steps):
        begin = read_state(file) if records else None
        resumable, nets = Resumable(spec, begin), list[ResNet]()
        torch.manual_seed(1234)  # as in another process, whose generator is elsewhere
        training = train(spec, built=nets.append, resumable=resumable)
        records += islice(training, end - len(records))
        write_state(resumable.state(end, records[-1].seconds), file)
    return records, nets[0].state_dict()


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_bit_for_bit(way: str, tmp_path: Path) -> None:
    spec = tiny_spec(**{"steps": 12, **WAYS[way]})
    expected, weights = whole(spec)
    records, found = broken_off(spec, (1, 7), tmp_path / "state")
    assert [record.step for record in records] == list(range(12))
    for one, other in zip(expected, records, strict=True):
        assert one.values.keys() == other.values.keys()
        mine = {"loss": one.loss, "accuracy": one.accuracy, **one.values}
        theirs = {"loss": other.loss, "accuracy": other.accuracy, **other.values}
        for name, value in mine.items():
            assert _bits(value) == _bits(theirs[name]), f"{name} at step {one.step}"
    for name, tensor in weights.items():
        assert _bits(tensor.numpy()) == _bits(found[name].numpy()), name
    seconds = [record.seconds for record in records]
    assert seconds == sorted(seconds), "the records' clock goes on, too"


def _bits(value: Any) -> bytes:
    import numpy as np

    return bytes(np.asarray(value).tobytes())


def test_what_is_compared_depends_on_the_whole_state(tmp_path: Path) -> None:
    """Each part left out is seen: else the test above could not fail."""
    spec = tiny_spec(
        steps=8, config=RANDOM, schedule="cosine", precision="float16", optimizer="adam", lr=0.01
    )
    expected, _ = whole(spec)
    file = tmp_path / "state"
    resumable = Resumable(spec)
    list(islice(train(spec, resumable=resumable), 4))
    write_state(resumable.state(4, 0.0), file)
    for part in ("net", "generators", "updates"):
        state = read_state(file)
        fresh = Resumable(spec)
        next(train(spec.model_copy(update={"seed": 9}), resumable=fresh))
        state = state._replace(parts={**state.parts, part: fresh.state(4, 0.0).parts[part]})
        later = list(train(spec, resumable=Resumable(spec, state)))
        assert [r.loss for r in later] != [r.loss for r in expected[4:]], part


def test_the_loss_scale_goes_on(tmp_path: Path) -> None:
    """It changes too seldom to be seen in a few steps' records."""
    spec, file = tiny_spec(steps=4, precision="float16"), tmp_path / "state"
    first = Resumable(spec)
    next(train(spec, resumable=first))
    state = first.state(1, 0.0)
    state.parts["updates"]["scaler"] |= {"scale": 3.0, "_growth_tracker": 7}
    write_state(state, file)
    later = Resumable(spec, read_state(file))
    next(train(spec, resumable=later))
    scaler = later.state(2, 0.0).parts["updates"]["scaler"]
    assert (scaler["scale"], scaler["_growth_tracker"]) == (3.0, 8)


def test_a_state_of_another_run_or_none_is_refused(tmp_path: Path) -> None:
    spec, file = tiny_spec(steps=4), tmp_path / "state"
    with pytest.raises(ValueError, match="is not there"):
        read_state(file)
    resumable = Resumable(spec)
    next(train(spec, resumable=resumable))
    write_state(resumable.state(1, 0.0), file)
    with pytest.raises(ValueError, match="other settings"):
        Resumable(tiny_spec(steps=5), read_state(file))
    content = file.read_bytes()
    for damaged in (b"", b"x" * 1000, content[: len(content) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read"):
            read_state(file)


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("/tmp/resnet_viz_was_run"),))


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    file = tmp_path / "state"
    torch.save({"version": 1, "parts": Malicious()}, file)
    with pytest.raises(ValueError, match="cannot be read"):
        read_state(file)
    assert not Path("/tmp/resnet_viz_was_run").exists()
