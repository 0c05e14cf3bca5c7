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
    places = [folder / _folder_name(number, net.name) for number, net in enumerate(nets, 1)]
    for place in places:
        if place.exists():
            raise ValueError(f"{shorten(str(place), 200)} is there already; choose another folder")
    for net, place in zip(nets, places, strict=True):
        try:
            place.mkdir(parents=True)
            with SummaryWriter(str(place)) as writer:
                told: dict[str, str] = {}
                for record in net.records():
                    _write(writer, net, record, told)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ValueError(f"cannot write {shorten(str(place), 200)}: {reason}") from error


def _write(writer: SummaryWriter, net: Net, record: StepRecord, told: dict[str, str]) -> None:
    at = (record.step, (net.run.started or net.run.created) + record.seconds)
    for name in net.scalars:
        writer.add_scalar(name, getattr(record, name), *at)
    for name, along in net.header.items():
        values = record.values.get(name, ())
        for of, value in zip(along.names, values, strict=False):
            if name == LAYER_STATE:
                before = told.get(of, MEASURED)
                told[of] = words_of(value)
                if told[of] != before:
                    writer.add_text(f"{name}/{of}", told[of], *at)
                continue
            writer.add_scalar(name if along.axis == "net" else f"{name}/{of}", value, *at)


def _folder_name(number: int, name: str) -> str:
    """What a folder may be called everywhere, whatever a net is called."""
    return f"{number} {re.sub(r'[^A-Za-z0-9 _.,=-]', '_', name)[:80]}".rstrip(" .")
