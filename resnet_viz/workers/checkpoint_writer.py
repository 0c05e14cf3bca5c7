"""The weights of a net, kept in a file and found again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.stored_weights.weight_files import Limits, read_state
from resnet_viz.store import checkpoint_index
from resnet_viz.store.checkpoint_index import Weights, file_of


class CheckpointWriter:
    """Keeps the weights of one run while it trains; the net is only read.

    `keep` gets the step and the weights.
    """

    def __init__(self, keep: Callable[[int, Weights], None], spec: RunSpec) -> None:
        self._keep, self._spec = keep, spec
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
        if checkpoint_index.is_wanted(self._spec, steps_done, size, is_last=is_last):
            self._kept = steps_done
            self._keep(steps_done, (size, partial(weights_of, self._net)))


def weights_of(net: ResNet) -> bytes:
    """The state dict as a safetensors file.

    Raises:
        ValueError: where it cannot be one.
    """
    from safetensors.torch import save  # noqa: PLC0415  where weights are kept alone

    return save({name: t.detach().cpu().contiguous() for name, t in net.state_dict().items()})


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
