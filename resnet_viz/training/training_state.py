"""The state of a training between two steps, in one file: who begins from it goes on bit for bit.

It holds weights and buffers, optimiser, schedule, loss scale, random generators, and how many
steps were done; which images come next follows from seed and step. A file is what `torch.save`
makes of tensors and plain values, and is read with `weights_only=True`: nothing in it is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from resnet_viz.experiments.run_spec import RunSpec

VERSION = 1
_GENERATORS = "generators"


class Stateful(Protocol):
    """A part of a training whose state outlives a step, such as a net or an optimiser."""

    def state_dict(self) -> Any:
        """Its state: tensors and plain values."""

    def load_state_dict(self, state: Any, /) -> Any:
        """Go on from it."""


class State(NamedTuple):
    """The state with which step `step` begins; `seconds` is the time of the last record's clock.

    `parts` are the tensors and plain values of each part, and of the "generators".
    """

    spec: RunSpec
    step: int
    seconds: float
    parts: Mapping[str, Any]

    @property
    def bytes(self) -> int:
        """What its tensors take."""
        return sum(tensor.nbytes for tensor in _tensors(self.parts))


class Resumable:
    """A training of `spec` whose state can be taken between two records.

    It begins with step `first`: 0, or that of the state `begin`.

    Raises:
        ValueError: for a state of another spec.
    """

    def __init__(self, spec: RunSpec, begin: State | None = None) -> None:
        if begin is not None and begin.spec != spec:
            raise ValueError("the saved state belongs to a run with other settings")
        self._spec, self._begin = spec, begin
        self._parts: Mapping[str, Stateful] = {}
        self._device = torch.device("cpu")

    @property
    def first(self) -> int:
        """The step it begins with."""
        return self._begin.step if self._begin else 0

    @property
    def seconds(self) -> float:
        """What its records' clock begins with."""
        return self._begin.seconds if self._begin else 0.0

    def attach(self, parts: Mapping[str, Stateful], device: torch.device) -> None:
        """All parts of the training, by name, just before its first step: they get the state.

        Raises:
            ValueError: where the state is not one of such a training.
        """
        self._parts, self._device = parts, device
        if self._begin is None:
            return
        saved = self._begin.parts
        try:
            for name, part in parts.items():
                part.load_state_dict(saved[name])
            _set_generators(saved[_GENERATORS], device)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError("the saved state does not fit the run's net") from error
        self._begin = self._begin._replace(parts={})  # its tensors are copied, and take room

    def state(self, step: int, seconds: float) -> State:
        """The state as step `step` begins. Its tensors are those in use: write it before they
        change."""
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        parts[_GENERATORS] = _generators(self._device)
        return State(self._spec, step, seconds, parts)


def write_state(state: State, file: Path) -> None:
    """Write it to `file`, which has a whole state only once this returns.

    Raises:
        OSError, RuntimeError: where it cannot be written.
    """
    about = {"version": VERSION, "spec": state.spec.model_dump_json()}
    about |= {"step": state.step, "seconds": state.seconds, "torch": str(torch.__version__)}
    with file.open("wb") as stream:
        torch.save({**about, "parts": dict(state.parts)}, stream)
        stream.flush()
        os.fsync(stream.fileno())  # the store will say that it is there


def read_state(file: Path) -> State:
    """What `write_state` wrote; nothing in it is run.

    Raises:
        ValueError: for a file that is not there, damaged, or something else.
    """
    try:
        saved = torch.load(file, map_location="cpu", weights_only=True)
        if saved["version"] != VERSION:
            raise ValueError(f"version {saved['version']}")
        spec = RunSpec.model_validate_json(saved["spec"])
        return State(spec, int(saved["step"]), float(saved["seconds"]), saved["parts"])
    except FileNotFoundError as error:
        raise ValueError(f"the saved state {file} is not there") from error
    except Exception as error:  # torch raises whatever its readers do
        raise ValueError(f"the saved state {file} cannot be read") from error


def _generators(device: torch.device) -> Mapping[str, Tensor]:
    """Those that layers draw from: the CPU's, and the device's own."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def _set_generators(states: Mapping[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _tensors(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tensors(one)
