"""What a race measured as TensorBoard's event files, a folder a net. Needs tensorboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.lab.export_table import Net
from resnet_viz.lab.long_form import MEASURED
from resnet_viz.quantities.layer_states import LAYER_STATE, words_of
from resnet_viz.quantities.records import StepRecord
from resnet_viz.text import shorten

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def write_events(nets: Sequence[Net], folder: Path) -> None:
    """A scalar for each value: "loss", and "grad_norm/stages.0.0.conv1" for one of a layer.

    The states of layers that are not simply measured are texts, where they change.

    Raises:
        ValueError: where tensorboard is not installed, or the folder has such a net or cannot be.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  it takes seconds
    except ImportError as error:
        raise ValueError(
            "TensorBoard's files need the package tensorboard, which is not installed; "
            "`pip install tensorboard`, or write a .csv or .parquet file"
        ) from error
    # What a folder may be called everywhere, whatever a net is called.
    names = [re.sub(r"[^A-Za-z0-9 _.,=-]", "_", net.name)[:80] for net in nets]
    places = [folder / f"{number} {name}".rstrip(" .") for number, name in enumerate(names, 1)]
    for place in places:
        if place.exists():
            raise ValueError(f"{shorten(str(place), 200)} is there already; choose another folder")
    for net, place in zip(nets, places, strict=True):
        try:
            place.mkdir(parents=True)
            with SummaryWriter(str(place)) as writer:
                states: dict[str, str] = {}
                for record in net.records():
                    _write(writer, net, record, states)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ValueError(f"cannot write {shorten(str(place), 200)}: {reason}") from error


def _write(writer: SummaryWriter, net: Net, record: StepRecord, states: dict[str, str]) -> None:
    at = (record.step, (net.run.started or net.run.created) + record.seconds)
    for name in net.scalars:
        writer.add_scalar(name, getattr(record, name), *at)
    for name, along in net.header.items():
        values = record.values.get(name, ())
        for of, value in zip(along.names, values, strict=False):
            if name == LAYER_STATE:
                before = states.get(of, MEASURED)
                states[of] = words_of(value)
                if states[of] != before:
                    writer.add_text(f"{name}/{of}", states[of], *at)
                continue
            writer.add_scalar(name if along.axis == "net" else f"{name}/{of}", value, *at)
