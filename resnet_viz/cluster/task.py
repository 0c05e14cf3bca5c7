"""The Ray task of a run, on whatever machine: the loop of every run, and a sink to the writer."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from resnet_viz.cluster.messages import Begun, Orders, program
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler.parking import Parked
from resnet_viz.scheduler.preflight import check_ready
from resnet_viz.scheduler.worker_turn import Stopped
from resnet_viz.store.checkpoint_index import Weights
from resnet_viz.store.database import StoreError

DELIVER_SECONDS = 0.1
BEAT_SECONDS = 0.5
_LOOK_SECONDS = 0.02


def work(writer: Any, run_id: str) -> None:
    """Be the worker of a run, unless it is over or paused.

    Ray is not to repeat it: the coordinator begins a lost run again, and says so in its row.
    """
    begun = ray.get(writer.begin.remote(run_id, program(), node()))
    if begun is None:
        return
    from resnet_viz.workers.run_loop.loop import RunLoop  # noqa: PLC0415  torch, only where needed
    from resnet_viz.workers.run_worker import load  # noqa: PLC0415

    load()
    sink = RemoteSink(writer, run_id, begun)
    try:
        RunLoop(sink).run()
    finally:
        sink.close()


def node() -> str:
    """This machine's name, and its address in the cluster."""
    return f"{socket.gethostname()} ({ray.util.get_node_ip_address()})"


class RemoteSink:
    """What the loop measures on its way to the writer: a thread delivers it ten times a second, and
    an empty delivery every half second is the worker's heartbeat.

    Between two deliveries the run goes on as the last orders say; one that is paused asks for each
    step. A writer that cannot be reached is a StoreError.
    """

    def __init__(self, writer: Any, run_id: str, begun: Begun) -> None:
        self._writer, self._key, self._begun = writer, (run_id, begun.attempt), begun
        self.spec = RunSpec.model_validate_json(begun.spec)
        self.ends_early = begun.ends_early
        self.recorded, self.state_step = begun.recorded, begun.state_step
        self._folder = tempfile.TemporaryDirectory(prefix="resnet_viz-")
        self._delivering, self._taking = threading.Lock(), threading.Lock()
        self._pending: list[StepRecord] = []
        self._end: StepRecord | None = None
        self._orders, self._rests = Orders(), False
        self._asked = self._sent = 0.0
        self._problem = ""
        self._is_over = threading.Event()
        threading.Thread(target=self._pump, daemon=True).start()

    @property
    def interval(self) -> float:
        """Seconds from the begin of a step to that of the next, at least."""
        return self._orders.interval

    def may_begin(self) -> bool:
        """It has a place: Ray has begun its task. ValueError where this machine lacks its data."""
        check_ready([self.spec])
        return True

    def begin(self, device: str, threads: int, header: str) -> None:
        """Tell where it is trained."""
        self._call("started", f"{_described(device)} on {node()}", threads, header)

    def saved_state(self) -> Path:
        """The file of the state that it goes on from."""
        file = Path(self._folder.name) / "state.pt"
        file.write_bytes(self._begun.state or b"")
        return file

    def take(self, record: StepRecord) -> None:
        """A step that was done."""
        with self._taking:
            self._pending.append(record)

    def deliver(self) -> None:
        """Deliver what was taken."""
        self._exchange(None)

    def add_end(self, record: StepRecord) -> None:
        """What was measured at the end goes with the last delivery."""
        self._end = record

    def may_step(self, done: int) -> bool:
        """Whether to do a step now."""
        if self._problem:
            raise StoreError(self._problem)
        if self._orders.is_stopped:
            raise Stopped
        if self._orders.goes_on:
            return True
        if time.monotonic() - self._asked < DELIVER_SECONDS:
            return False
        self._asked = time.monotonic()
        orders = self._exchange(done)
        if orders.is_stopped:
            raise Stopped
        if orders.may_step:
            self._asked = 0.0
        self._rests = orders.is_to_rest
        return orders.may_step

    def is_to_rest(self) -> bool:
        """Whether a paused run is to give up its place."""
        rests, self._rests = self._rests, False
        return rests

    def give_up(self) -> None:
        """Give it up. Parked is raised when it is done."""
        self._rest(0, None)

    def check_room(self, size: int) -> None:
        """OSError where there is no room for such a state."""
        if why := self._call("check_room", size):
            raise OSError(why)

    def give_up_with(self, step: int, write: Callable[[Path], None]) -> None:
        """The same, with the state that `write` puts into a file."""
        file = Path(self._folder.name) / "rest.pt"
        write(file)
        self._rest(step, file.read_bytes())

    def keep(self, step: int, weights: Weights) -> None:
        """Send the weights home."""
        self._call("keep", step, weights[1]())

    def finish(self, status: str, message: str = "") -> None:
        """Deliver the rest, and how it ended."""
        self._is_over.set()
        with self._delivering:
            self._call("finish", self._taken(), self._end, (status, message))

    def close(self) -> None:
        """End the thread, and delete the files."""
        self._is_over.set()
        self._folder.cleanup()

    def _rest(self, step: int, state: bytes | None) -> None:
        if self._call("rest", step, state):
            raise Parked

    def _pump(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            silence = time.monotonic() - self._sent
            if silence < (DELIVER_SECONDS if self._pending else BEAT_SECONDS):
                continue
            try:
                self._exchange(None)
            except StoreError as error:
                self._problem = str(error)
                return

    def _exchange(self, asks_at: int | None) -> Orders:
        with self._delivering:
            if not self._is_over.is_set():
                self._orders = self._call("deliver", self._taken(), asks_at)
                self._sent = time.monotonic()
            return self._orders

    def _taken(self) -> list[StepRecord]:
        with self._taking:
            pending, self._pending = self._pending, []
        return pending

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            return ray.get(getattr(self._writer, name).remote(*self._key, *arguments))
        except RayError as error:
            raise StoreError(f"the cluster's writer cannot be reached: {error}") from error


def _described(device: str) -> str:
    """The device, with a GPU's name."""
    if not device.startswith("cuda"):
        return device
    from resnet_viz.training.torch_devices import describe, resolve  # noqa: PLC0415  torch

    return describe(resolve(device))
