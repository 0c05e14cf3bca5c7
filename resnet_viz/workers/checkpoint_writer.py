"""The weights of a net, kept in a file and found again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import torch

from resnet_viz.arch.config import explain
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.stored_weights.weight_files import Limits, read_state
from resnet_viz.store import checkpoint_index
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.store.checkpoint_index import Checkpoint, file_of


class CheckpointWriter:
    """Keeps the weights of one run while it trains; the net is only read.

    What cannot be written is a sentence in the store, and the run goes on.
    """

    def __init__(
        self, connection: sqlite3.Connection, home: Path, run: tuple[str, int], spec: RunSpec
    ) -> None:
        self._connection, self._home, self._spec = connection, home, spec
        self._run_id, self._position = run
        self._net: ResNet | None = None
        self._kept = 0

    def hold(self, net: ResNet) -> None:
        """The net whose weights are to be kept."""
        self._net = net

    def after(self, steps_done: int, *, is_last: bool = False) -> None:
        """Keep the weights after so many steps, if they are to be kept."""
        if self._net is None or self._kept == steps_done:
            return
        size = sum(tensor.nbytes for tensor in self._net.state_dict().values())
        if not checkpoint_index.is_wanted(self._spec, steps_done, size, is_last=is_last):
            return
        self._kept = steps_done
        written, why = 0, checkpoint_index.make_room(self._connection, self._home, size)
        if not why:
            file = file_of(self._home, self._run_id, steps_done)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_weights(self._net, file)
                written = file.stat().st_size
            except (OSError, ValueError) as error:
                why = f"they could not be written: {explain(ValueError(error))}"
        checkpoint = Checkpoint(steps_done, written, why)
        checkpoint_index.write_down(self._connection, self._position, checkpoint)


def write_weights(net: ResNet, file: Path) -> None:
    """The state dict as a safetensors file, whole or not at all.

    Raises:
        ValueError, OSError: where it cannot be written.
    """
    from safetensors.torch import save  # noqa: PLC0415  where weights are kept alone

    state = {name: t.detach().cpu().contiguous() for name, t in net.state_dict().items()}
    with atomic_write(file) as made:
        made.write_bytes(save(state))


def net_at(spec: RunSpec, home: Path, run_id: str, step: int, device: torch.device) -> ResNet:
    """The net of a run as step `step` begins, on `device`.

    Raises:
        ValueError: where its weights are not there, or are not those of its net.
    """
    net = build_resnet(spec.adapted, device, spec.seed)
    if step == 0:
        return net
    file = file_of(home, run_id, step)
    own = net.state_dict()
    state = read_state(file, Limits.of(own))
    try:
        net.load_state_dict(dict(state))
    except RuntimeError as error:
        raise ValueError(f"the weights in {file} are not those of the run's net") from error
    return net
