"""The Weights tab: a file of weights held against the net on show; no torch here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, printable
from resnet_viz.arch.presets import label, preset_name
from resnet_viz.lab.store import default_home
from resnet_viz.ui.common import say
from resnet_viz.ui.common.command import config_file, run_command
from resnet_viz.ui.common.note import note
from resnet_viz.ui.common.waiting import Tick, outcome

ENDINGS = ("pth", "pt", "safetensors")
PUBLISHED = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)
"""Presets that torchvision has published weights for."""

_LISTS = {
    "missing": "keys of the net that the file has not",
    "unexpected": "keys of the file that the net has not",
    "mismatched": "keys whose shapes differ",
}
_RESULT = "weights_result"


def weights_panel(config: ResNetConfig) -> None:
    """A file to check, or torchvision's to fetch, and the report."""
    note(
        "Do these weights fit this net? Drop a file of torchvision's names or of ours, a plain "
        "state dict or one that `save_weights` wrote. No code in it is run."
    )
    file = st.file_uploader("Weights", type=ENDINGS, key="weights_file")
    left, right = st.columns([1, 2])
    if left.button("Check the file", type="primary", disabled=file is None, width="stretch"):
        assert file is not None
        data, ending = file.getvalue(), Path(file.name).suffix.lower()
        _keep(config, file.name, lambda tick: check(config, data, ending, tick))
    name = preset_name(config)
    if right.button(
        "Fetch torchvision's published weights",
        disabled=name not in PUBLISHED,
        help=f"From download.pytorch.org, for {', '.join(PUBLISHED)}.",
    ):
        _keep(config, f"torchvision's {name}", lambda tick: fetch(str(name), tick))
    _show(config, st.session_state.get(_RESULT))


def _keep(config: ResNetConfig, file: str, work: Callable[[Tick], dict[str, Any]]) -> None:
    end = outcome(f"Reading {file}", work)
    st.session_state[_RESULT] = {"config": config, "file": file} | end


def check(config: ResNetConfig, data: bytes, ending: str, tick: Tick) -> dict[str, Any]:
    """The report of the `weights` command on a file of `data`.

    Raises:
        RuntimeError: one sentence that says why the file cannot be read.
    """
    with config_file(config) as path:
        file = path.with_name(f"weights{ending}")
        file.write_bytes(data)
        return _report(["weights", str(path), str(file), "--json"], tick)


def fetch(name: str, tick: Tick) -> dict[str, Any]:
    """The same on torchvision's file for that preset, downloaded unless it was before.

    Raises:
        RuntimeError: one sentence, such as where there is no network.
    """
    folder = default_home() / "weights"
    return _report(["weights", name, "--download", str(folder), "--json"], tick)


def _report(command: list[str], tick: Tick) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run_command(command, tick, reports_failure=True))
    return report


def _show(config: ResNetConfig, result: dict[str, Any] | None) -> None:
    if result is None:
        say.info("Nothing checked yet in this session.", icon=":material/fact_check:")
        return
    if result["config"] != config:
        say.warning(f"Checked against {label(result['config'])}; check again for this net.")
    if "problem" in result:
        say.error(result["problem"])
    elif result["done"]["fits"]:
        say.success(f"{result['file']}: every key fits. Load it so:")
        st.code("load_weights(build_resnet(config), path)", language="python")
    else:
        _show_misfit(result)


def _show_misfit(result: dict[str, Any]) -> None:
    report = result["done"]
    counts = ", ".join(f"{len(report[kind])} {words}" for kind, words in _LISTS.items())
    say.warning(f"{result['file']} does not fit as it is: {counts}.")
    for column, (kind, words) in zip(st.columns(len(_LISTS)), _LISTS.items(), strict=True):
        column.markdown(f"**{len(report[kind])} {kind}**", help=words)
        column.code(
            "\n".join(map(printable, report[kind])) or "none",
            language=None,
            wrap_lines=True,
            height=300,
        )
