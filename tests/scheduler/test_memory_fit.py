"""Verdicts on memory, and real runs against them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from resnet_viz.arch.config import revise
from resnet_viz.arch.memory import training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler import device_query, places
from resnet_viz.scheduler.device_query import free_bytes
from resnet_viz.scheduler.memory_fit import PROCESS_BYTES, check_fit
from tests.configs import examples

DEEP = RunSpec(config=preset("resnet1202-cifar"), image_size=32, batch_size=64, device="cpu")
GB = 10**9
NIGHTLY = pytest.mark.skipif(examples(1) == 1, reason="minutes; set RESNET_VIZ_NIGHTLY=1")


def need(spec: RunSpec) -> int:
    """Bytes of one run, its process included."""
    memory = training_memory(
        plan(spec.adapted), spec.batch_size, checkpointing=spec.activation_checkpointing
    )
    return memory.total + PROCESS_BYTES + 1500 * 8 * 8


def test_contestants_that_train_at_once_share_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    for slots, needs in (("1", need(DEEP)), ("2", 2 * need(DEEP)), ("9", 3 * need(DEEP))):
        monkeypatch.setenv(places.SLOTS_VARIABLE, slots)
        assert check_fit([DEEP] * 3, 9 * GB).needs == needs


def test_the_images_count_too() -> None:
    digits, cifar = (
        RunSpec(config=preset("resnet20-cifar"), dataset=name, image_size=32, device="cpu")
        for name in ("digits", "cifar10")
    )
    more = check_fit([cifar], 9 * GB).needs - check_fit([digits], 9 * GB).needs
    # besides, of 2 more channels: 64 images; 16 3x3 kernels, gradients, momentum and two probes
    assert more == 50_000 * 3072 - 1500 * 64 + 4 * 2 * (64 * 32 * 32 + 5 * 16 * 9)


def test_the_largest_batch_is_the_largest() -> None:
    largest = check_fit([DEEP], 20 * GB).largest_batch
    for batch, fits in ((largest, True), (largest + 1, False)):
        spec = DEEP.model_copy(update={"batch_size": batch})
        assert check_fit([spec], 20 * GB).fits == fits


def test_sentences() -> None:
    assert check_fit([DEEP], 20 * GB).sentence == (
        "needs about 7.1 GB, 20 GB are free: fits; the largest batch that fits is 204."
    )
    assert check_fit([DEEP], 4 * GB).sentence == (
        "needs about 7.1 GB, 4 GB are free: does not fit; the largest batch that fits is 30. "
        "With activation checkpointing it needs about 1.5 GB and fits."
    )
    assert "nor does a batch of 1." in check_fit([DEEP], GB).sentence
    tiny = RunSpec(config=preset("resnet20-cifar"))
    assert "so does every batch up to the 1,500 images to train on" in (
        check_fit([tiny], 20 * GB).sentence
    )


def test_checkpointing_is_offered_only_where_it_helps() -> None:
    saving = DEEP.model_copy(update={"activation_checkpointing": True})
    assert check_fit([DEEP], 4 * GB).fits_checkpointed
    assert not check_fit([DEEP], 20 * GB).fits_checkpointed
    assert not check_fit([DEEP], GB).fits_checkpointed
    assert check_fit([saving], 4 * GB).fits
    assert check_fit([saving], 4 * GB).needs == check_fit([DEEP], 4 * GB).checkpointed_needs


def test_free_memory_of_the_cpu_without_torch() -> None:
    code = (
        "import sys; from resnet_viz.scheduler.device_query import free_bytes; "
        "n = free_bytes('cpu'); assert 'torch' not in sys.modules; print(n)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) > 0


def test_free_memory_of_a_gpu_is_asked_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        memory = {"cuda:0": {"total": 80 * GB, "free": 70 * GB}}
        names = {"cuda:0": "cuda:0, NVIDIA H100", "cpu": "cpu, 2 cores"}
        said = {"auto": "cuda:0", "devices": names, "memory": memory}
        out = json.dumps(said).encode()
        return subprocess.CompletedProcess([], 0, out)

    monkeypatch.setattr(device_query.subprocess, "run", answer)
    assert free_bytes("cuda") == free_bytes("cuda:0") == 70 * GB
    with pytest.raises(ValueError, match="device = 'cuda:1' is not there; there is: cuda:0, cpu"):
        free_bytes("cuda:1")


RUN = """
import json, re, sys
from pathlib import Path
import torch
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.training.loop import train
torch.set_num_threads(1)
# Not ru_maxrss: it begins with the memory of the process that started this one.
peak = lambda: 1024 * int(re.findall(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[0])
spec = RunSpec.model_validate_json(sys.argv[1])
warm = spec.model_dump() | {"image_size": 8, "batch_size": 16, "config": json.loads(sys.argv[2])}
list(train(RunSpec.model_validate(warm)))
before = peak()
list(train(spec))
print(before, peak())
"""


def resident_bytes(spec: RunSpec) -> tuple[int, int]:
    """Peak resident memory of a process after a run of a tiny net, and after that of `spec`."""
    warm = preset("plain20-cifar").model_dump_json()
    command = [sys.executable, "-c", RUN, spec.model_dump_json(), warm]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = done.stdout.split()
    return int(before), int(after)


@pytest.mark.flaky(reruns=1, reason="bytes: what a process takes")
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resident_memory_of_a_run_is_about_what_was_predicted() -> None:
    config = preset("resnet56-cifar")
    spec = RunSpec(config=config, image_size=32, batch_size=128, steps=2, device="cpu", subset=250)
    predicted = need(spec) - PROCESS_BYTES
    assert predicted > 500e6
    before, after = resident_bytes(spec)
    # Beside the training itself there is what measures it, at the end on 250 images at once.
    assert 0.6 < predicted / (after - before) < 1.5


@pytest.mark.flaky(reruns=1, reason="bytes: what a process takes")
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("blocks", "share"),
    [(50, 0.5), pytest.param(200, 0.25, marks=NIGHTLY)],
    ids=["302 layers", "1202 layers"],
)
def test_a_very_deep_net_fits_with_checkpointing(blocks: int, share: float) -> None:
    """1,202 layers need 6.2 GB without it, and with it the 1.4 GB that are predicted."""
    net = revise(preset("resnet1202-cifar"), depths=(blocks,) * 3)
    deep = DEEP.model_copy(update={"config": net})
    # The end is measured on 250 images at once, and no more need be seen of it than that.
    fewest = {"steps": 1, "subset": 250}
    saving = deep.model_copy(update={"activation_checkpointing": True, **fewest})
    assert need(saving) < share * need(deep)
    _, after = resident_bytes(saving)
    assert after < 1.05 * need(saving)
