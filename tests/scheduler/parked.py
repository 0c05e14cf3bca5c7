"""A paused run that gives up its process at the test's desk, and what it must have kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import NoReturn

import psutil
import pytest
from safetensors.torch import load_file

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.store import checkpoint_index
from resnet_viz.store.database import Store
from resnet_viz.workers.run_worker import Worker, main
from resnet_viz.workers.run_writer import RunWriter
from tests.labs import process_of, tiny_spec
from tests.training.test_training_state import whole

ME = os.getpid(), born(psutil.Process())


def is_parked(lab: Lab, run_id: str) -> bool:
    return lab.get(run_id).status == "paused" and process_of(lab, run_id) is None


def check_bits(lab: Lab, run_id: str, spec: RunSpec) -> None:
    """All that the run has on record, and its last weights, are those of one never broken off."""
    expected, weights = whole(spec)
    found = lab.records(run_id)
    assert [record.step for record in found] == list(range(len(found)))
    for one, other in zip(expected, found, strict=True):
        assert values_of(one) == values_of(other), f"at step {one.step}"
    kept = load_file(checkpoint_index.file_of(lab.home, run_id, spec.steps))
    assert {name: t.numpy().tobytes() for name, t in kept.items()} == {
        name: t.numpy().tobytes() for name, t in weights.items()
    }


def values_of(record: StepRecord) -> dict[str, bytes | float]:
    values = {name: value.tobytes() for name, value in record.values.items()}
    return {**values, "loss": record.loss, "accuracy": record.accuracy}


class Desk:
    """A run whose worker is the test's own process, or a child of it that may be killed."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.spec = lab, tiny_spec(steps=12, optimizer="adam", lr=0.01)
        self.id = lab.start(self.spec)
        self.store = Store(lab.home)

    def pause_at(self, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pause the run once it has done so many steps."""
        done = RunWriter.write

        def write(writer: RunWriter) -> None:
            newest = [record.step + 1 for record in writer._pending[-1:]]
            done(writer)
            if newest == [step]:
                self.lab.pause(self.id)

        monkeypatch.setattr(RunWriter, "write", write)
        monkeypatch.setattr("resnet_viz.workers.run_writer.WRITE_SECONDS", 0.0)

    def work(self) -> None:
        """Be its worker until the run ends or gives the process up."""
        with self.store.session() as connection:
            query = "UPDATE runs SET pid = ?, pid_created = ? WHERE id = ?"
            connection.execute(query, (*ME, self.id))
            Worker(connection, self.id, self.lab.home).run()

    def work_and_be_killed(self, where: Callable[[Callable[[], NoReturn]], None]) -> bool:
        """The same in a child, which `where` has killed somewhere; whether it was."""
        child = os.fork()
        if not child:
            try:
                where(lambda: os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[arg-type,return-value]
                main(self.id)
            finally:
                os._exit(0)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
