"""Paused runs that nobody looks at give up their processes, and lose nothing by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.parking import VARIABLE, Patience
from resnet_viz.store import checkpoint_index, saved_states
from resnet_viz.training.loop import train
from tests.labs import tiny_spec, wait_until
from tests.scheduler.parked import Desk, check_bits, is_parked

STEPS = 40
WAYS: Sequence[dict[str, Any]] = (
    {"optimizer": "adam", "schedule": "cosine", "precision": "float16", "lr": 0.01},
    {"schedule": "step", "warmup_steps": 10, "augment": "crop_flip", "evaluate_every": 7},
    {"optimizer": "adamw", "precision": "bfloat16", "label_smoothing": 0.1, "subset": 60},
)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_race_that_is_parked_goes_on_bit_for_bit(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused, parked, stepped, parked again, resumed; the app is begun anew in between."""
    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "3")
    specs = [tiny_spec(steps=STEPS, **way) for way in WAYS]
    race = lab.race(specs, pace=20)
    runs = [run.id for run in lab.race_runs(race)]
    wait_until(lambda: min(lab.get(run).steps_done for run in runs) > 3)
    lab.pause(race)
    wait_until(lambda: all(is_parked(lab, run) for run in runs))
    launcher_client.dismiss_launcher(lab.home)
    lab = Lab(lab.home)
    assert len(list(saved_states.folder(lab.home).iterdir())) == 3
    assert all(run.status == "paused" and not run.message for run in lab.race_runs(race))
    before = [lab.get(run).steps_done for run in runs]
    lab.step(race)
    wait_until(lambda: [lab.get(run).steps_done for run in runs] == [n + 1 for n in before])
    wait_until(lambda: all(is_parked(lab, run) for run in runs))
    lab.slow(race, None)
    lab.resume(race)
    wait_until(lambda: all(lab.get(run).is_over for run in runs))
    for run, spec in zip(runs, specs, strict=True):
        assert (lab.get(run).status, lab.get(run).steps_done) == ("finished", STEPS)
        check_bits(lab, run, spec)
        seconds = [record.seconds for record in lab.records(run)]
        assert seconds == sorted(seconds)
        assert [one.step for one in lab.checkpoints(run)] == [STEPS]
    assert not list(saved_states.folder(lab.home).iterdir())


@pytest.mark.usefixtures("one_thread")
def test_a_parked_run_is_stopped_deleted_and_taken_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.pause_at(5, monkeypatch)
    desk.work()
    lab, store_bytes = desk.lab, desk.lab.bytes
    file = saved_states.file_of(lab.home, desk.id)
    size = file.stat().st_size
    bytes_paused = lab.get(desk.id).bytes
    assert store_bytes > size
    assert bytes_paused > size, "the state is among what the run takes"
    with pytest.raises(ValueError, match="under way; stop it"):
        lab.delete(desk.id)
    lab.export(desk.id, tmp_path / "file")
    brought = lab.import_(tmp_path / "file")
    (copy,) = lab.race_runs(brought)
    assert (copy.status, copy.steps_done) == ("interrupted", 5)
    assert [one.step for one in lab.checkpoints(copy.id)] == [5], "with the weights it has"
    lab.stop(desk.id)
    assert lab.get(desk.id).status == "stopped"
    assert lab.get(desk.id).bytes == bytes_paused - size
    assert not file.exists()
    kept = load_file(checkpoint_index.file_of(lab.home, desk.id, 5))
    state = {name: tensor.numpy().tobytes() for name, tensor in kept.items()}
    nets: list[Any] = []
    for record in train(desk.spec, built=nets.append):
        if record.step == 4:
            break
    assert state == {name: t.numpy().tobytes() for name, t in nets[0].state_dict().items()}
    lab.delete(desk.id)
    with pytest.raises(ValueError, match="there is no run"):
        lab.get(desk.id)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_a_state_that_is_lost_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    with monkeypatch.context() as patch:
        desk.pause_at(5, patch)
        desk.work()
    file = saved_states.file_of(desk.lab.home, desk.id)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    desk.lab.resume(desk.id)
    desk.work()
    run = desk.lab.get(desk.id)
    assert (run.status, run.steps_done) == ("failed", 5)
    assert "saved state" in run.message
    assert len(desk.lab.records(desk.id)) == 5


def test_where_there_is_no_room_the_process_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(saved_states, "MOST_BYTES", 1000)
    desk.pause_at(5, monkeypatch)
    renew = Patience.renew

    def renew_and_resume(patience: Patience) -> None:
        renew(patience)
        monkeypatch.setenv(VARIABLE, "100")
        desk.lab.resume(desk.id)

    monkeypatch.setattr(Patience, "renew", renew_and_resume)
    desk.work()
    assert desk.lab.get(desk.id).status == "finished"
    assert "all together may take 1 kB" in capsys.readouterr().err
    assert not list(saved_states.folder(desk.lab.home).glob("*"))
