"""The loop of a run's training: each step when it may be done, and what it measured to a sink."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.parking import Parked
from resnet_viz.scheduler.sweeps.hopeless import Hope
from resnet_viz.scheduler.worker_turn import Stopped
from resnet_viz.store import header
from resnet_viz.store.checkpoint_index import is_due
from resnet_viz.store.database import StoreError
from resnet_viz.training.error_messages import sentence
from resnet_viz.workers.run_loop.sink import Sink

if TYPE_CHECKING:
    from resnet_viz.training.training_state import Resumable
    from resnet_viz.workers.checkpoint_writer import CheckpointWriter

LOOK_SECONDS = 0.05


class RunLoop:
    """One run, from its begin to its end, in this process; all that comes of it goes to `sink`."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._spec = sink, sink.spec
        self._hope = Hope() if sink.ends_early else None
        self._paused_seconds = 0.0
        self._seconds = 0.0
        self._stepped = -inf
        self._done = sink.state_step or 0
        self._checkpoints: CheckpointWriter | None = None
        self._resumable: Resumable | None = None

    def run(self) -> None:
        """Wait for a place, train, and tell how it ended.

        Raises:
            StoreError: where that cannot be told.
        """
        device = "the device"
        try:
            while not self._sink.may_begin():
                self._rest_if_due()
                time.sleep(2 * LOOK_SECONDS)
            device = self._prepare()
            self._train()
        except Stopped as end:
            self._sink.finish("stopped", str(end))
        except Parked:
            return
        except (StoreError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001  whatever training raises is the run's result
            self._sink.finish("failed", sentence(error, device, self._spec.batch_size))
        else:
            self._sink.finish("finished")

    def _prepare(self) -> str:
        """The device's name. One thread each, so that contestants share fairly.

        Activation checkpointing is asked for to save memory, and then none is kept.
        """
        import torch  # noqa: PLC0415  not before the run's turn

        from resnet_viz.training.malloc import keep_freed  # noqa: PLC0415
        from resnet_viz.training.torch_devices import resolve  # noqa: PLC0415

        device = resolve(self._spec.device)
        if device.type == "cpu":
            torch.set_num_threads(1)
            if torch.get_num_interop_threads() > 1:  # it can be set only once in a process
                torch.set_num_interop_threads(1)
            if not self._spec.activation_checkpointing:
                keep_freed()
        held = header.write(self._spec.quantities)  # a queued run may be of an older program
        self._sink.begin(str(device), torch.get_num_threads(), held)
        return str(device)

    def _train(self) -> None:
        from resnet_viz.training.loop import train  # noqa: PLC0415
        from resnet_viz.workers.checkpoint_writer import CheckpointWriter  # noqa: PLC0415

        self._checkpoints = checkpoints = CheckpointWriter(self._sink.keep, self._spec)
        self._resumable = resumable = self._resumed()

        def ending(record: StepRecord) -> None:
            self._take(record)
            self._sink.deliver()
            self._keep(is_last=True)

        try:
            training = train(self._spec, built=checkpoints.hold, ending=ending, resumable=resumable)
            for record in self._steered(training):
                if record.step + 1 == self._spec.steps:
                    self._sink.add_end(record)
                    break
                self._take(record)
                if self._hope:
                    self._hope.look(record)
                if is_due(self._spec, self._done):
                    self._keep()
        except Stopped:
            self._keep(is_last=True)
            raise

    def _take(self, record: StepRecord) -> None:
        self._done = record.step + 1
        self._seconds = record.seconds - self._paused_seconds
        self._sink.take(replace(record, seconds=self._seconds))

    def _resumed(self) -> Resumable:
        """The training from its begin, or from the state that the run has.

        Raises:
            ValueError: where that state cannot be gone on from.
        """
        from resnet_viz.training.training_state import Resumable, read_state  # noqa: PLC0415

        if self._sink.state_step is None:
            return Resumable(self._spec)
        state = read_state(self._sink.saved_state())
        if state.step > self._sink.recorded:
            raise ValueError(
                f"the saved state begins with step {state.step}, and only "
                f"{self._sink.recorded} steps are on record"
            )
        return Resumable(self._spec, state)

    def _keep(self, *, is_last: bool = False) -> None:
        """Keep the weights, if they are to be kept; the time that takes is none of a step's."""
        assert self._checkpoints is not None
        begin = time.perf_counter()
        self._checkpoints.after(self._done, is_last=is_last)
        self._paused_seconds += time.perf_counter() - begin

    def _rest_if_due(self) -> None:
        """Give up this process where nobody has looked at the paused run for long.

        Raises:
            Parked: when it is done; else it stays, such as where there is no room for the state.
        """
        if not self._sink.is_to_rest():
            return
        begin = time.perf_counter()
        if self._done == (self._sink.state_step or 0):  # not begun, or its state is there
            self._sink.give_up()
        elif self._resumable and self._checkpoints:
            try:
                self._save(self._resumable, self._checkpoints)
            except (OSError, RuntimeError) as error:
                print(f"The run cannot give up its process: {error}", file=sys.stderr)
        self._paused_seconds += time.perf_counter() - begin

    def _save(self, resumable: Resumable, checkpoints: CheckpointWriter) -> None:
        """Give up this process; the weights are kept, too: the run may be stopped meanwhile.

        Raises:
            Parked: when it is done.
            OSError, RuntimeError: where the state cannot be written.
        """
        from resnet_viz.training.training_state import write_state  # noqa: PLC0415

        state = resumable.state(self._done, self._seconds)
        self._sink.check_room(state.bytes)
        checkpoints.after(self._done, is_last=True)
        self._sink.give_up_with(self._done, partial(write_state, state))

    def _steered(self, records: Iterator[StepRecord]) -> Iterator[StepRecord]:
        """`records`, each drawn when the user allows it."""
        self._obey()
        self._paused_seconds = 0.0  # the records' own clock begins with the first step
        for record in records:
            yield record
            if record.step + 1 < self._spec.steps:
                self._obey()

    def _obey(self) -> None:
        """Return when another step may be done, and is due where the user wants slow motion.

        Raises:
            Stopped: when none may.
        """
        begin = time.perf_counter()
        if not self._sink.may_step(self._done) or self._wait() > 0:
            self._sink.deliver()
            while not self._sink.may_step(self._done) or self._wait() > 0:
                wait = self._wait()
                if wait <= 0:
                    self._rest_if_due()
                time.sleep(min(wait, LOOK_SECONDS) if wait > 0 else LOOK_SECONDS)
            self._paused_seconds += time.perf_counter() - begin
        self._stepped = time.perf_counter()

    def _wait(self) -> float:
        """Seconds until the next step is due."""
        return self._sink.interval - (time.perf_counter() - self._stepped)
