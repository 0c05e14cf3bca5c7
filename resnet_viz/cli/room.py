"""Whether a net fits into this machine's memory, before it is built."""

from __future__ import annotations

import psutil

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.cli.errors import InputError
from resnet_viz.lab.memory import gigabytes


def check_room(config: ResNetConfig, copies: int) -> None:
    """Refuse a net of which `copies` of the float32 weights do not fit into what is free.

    A machine out of memory raises nothing: its system ends processes, and not only this one.
    """
    needs, free = 4 * copies * plan(config).params, psutil.virtual_memory().available
    if needs > free:
        raise InputError(
            f"the net does not fit into memory: its weights need {gigabytes(needs)}, "
            f"{gigabytes(free)} are free; choose a smaller net"
        )
