"""Downloads: names of files, and measurements: a race as one file, its records as a table."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from resnet_viz.arch.config import differences
from resnet_viz.arch.field_words import value_words
from resnet_viz.arch.net_names import deepened_name, nearest_preset
from resnet_viz.arch.presets import PRESETS, label
from resnet_viz.lab.export_table import nets_among, write_table
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities import quantities
from resnet_viz.store.run import Run
from resnet_viz.views.graph.found_net import AnyNet, FoundNet

_MOST_LETTERS = 100
"""File systems allow 255 bytes for a name."""


def file_name(config: AnyNet, ending: str) -> str:
    """A file's name for a net: a preset's id, as in "resnet18.py", or what was changed in the
    nearest one, as in "ResNet-56-no-norm.py"; cut if it is very long."""
    if isinstance(config, FoundNet):
        return (_safe(config.name)[:_MOST_LETTERS].rstrip("-.") or "net") + ending
    base = nearest_preset(config)
    changed = differences(config, PRESETS[base])
    words = (deepened_name(config, base), *map(value_words, changed, changed.values()))
    name = ", ".join(words) if changed else label(config)
    return _safe(name)[:_MOST_LETTERS].rstrip("-.") + ending


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)


def take_away(lab: Lab, id: str | None, title: str, runs: Sequence[Run], key: str) -> None:
    """Draw the downloads of the race, or run, `id` with its `runs`; None for runs of several races.

    `key` is the widgets' own on a page.
    """
    file = _safe(title)[:80].strip("-.") or "race"
    if id is not None:
        st.download_button(
            "Complete race file (for import)",
            partial(_written, partial(lab.export, id), ".sqlite3"),
            file_name=f"{file}.sqlite3",
            key=f"{key}_export",
            help="One file with the race and its measurements. Import it on the Runs page, on any "
            "computer.",
            on_click="ignore",
        )
    titles = quantities()
    wanted = st.multiselect(
        "Columns to export",
        list(dict.fromkeys(name for run in runs for name in run.quantities)),
        key=f"{key}_quantities",
        placeholder="all",
        format_func=lambda name: titles[name].title if name in titles else name,
    )
    for kind, name in (("csv", "CSV"), ("parquet", "Parquet")):
        st.download_button(
            name,
            partial(_table, lab, runs, wanted, f".{kind}"),
            file_name=f"{file}.{kind}",
            key=f"{key}_{kind}",
            help="One row per value: net, step, quantity, layer or block, value.",
            on_click="ignore",
        )


def _table(lab: Lab, runs: Sequence[Run], wanted: Sequence[str], ending: str) -> bytes:
    return _written(lambda path: write_table(nets_among(lab, runs, wanted), path), ending)


def _written(write: Callable[[Path], object], ending: str) -> bytes:
    """What `write` writes into a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"race{ending}"
        write(file)
        return file.read_bytes()
