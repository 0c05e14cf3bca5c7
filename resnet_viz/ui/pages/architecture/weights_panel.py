"""Weights tab: a file of weights compared with the net; no torch here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.net_names import nearest_preset, net_title
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label, preset_name
from resnet_viz.text import and_words, capital, count, printable
from resnet_viz.ui.session.net import show_net
from resnet_viz.ui.widgets import job_progress, message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import note

ENDINGS = ("pth", "pt", "safetensors", "th", "tar", "ckpt", "bin", "pkl", "pickle", "model", "pyth")
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
    "missing": "of the net alone",
    "unexpected": "of the file alone",
    "mismatched": "of both, with different shapes",
}
"""Keys that do not fit, as `load_weights` reports them, and where they are."""
_SLOT = "weights"


def weights_panel(config: ResNetConfig) -> None:
    """Draw the upload of a file, the download from torchvision, and the report."""
    note(
        "Do these weights fit this net? Drop a file that PyTorch or safetensors wrote: a state "
        "dict, a training checkpoint or a whole network, under our names or those of torchvision, "
        "timm, transformers and others. No code in it is run."
    )
    file = st.file_uploader("Weights", type=ENDINGS, key="weights_file")
    left, right = st.columns([1, 2])
    if left.button("Check the file", type="primary", disabled=file is None, width="stretch"):
        assert file is not None
        name = f"weights{Path(file.name).suffix.lower()}"
        request = {"config": config, "file": name}
        job_progress.hand_in(
            _SLOT, "weights", request, (config, file.name), {name: file.getvalue()}
        )
    published = preset_name(config)
    if right.button(
        "Fetch torchvision's published weights",
        disabled=published not in PUBLISHED,
        help=f"From download.pytorch.org, for {', '.join(PUBLISHED)}.",
    ):
        request = {"config": config, "published": published}
        job_progress.hand_in(_SLOT, "weights", request, (config, f"torchvision's {published}"))
    _show(config)


def _show(config: ResNetConfig) -> None:
    one = job_progress.asked(_SLOT)
    if one is None:
        message_box.info("Nothing checked yet in this session.", icon=":material/fact_check:")
        return
    checked, file = one.about
    result = job_progress.outcome(_SLOT, f"Reading {file}")
    if result is None:
        return
    if checked != config:
        message_box.warning(f"Checked against {label(checked)}; check again for this net.")
    if result.problem:
        job_progress.complain(result)
    elif result.done["fits"]:
        message_box.success(f"{file}: every key fits. Load it so:")
        st.code("load_weights(build_resnet(config), path)", language="python")
        _say_reading(result.done)
    else:
        _show_misfit(file, result.done)


def _show_misfit(file: str, report: dict[str, Any]) -> None:
    found = [
        (count(len(report[kind]), "key"), words) for kind, words in _LISTS.items() if report[kind]
    ]
    parts = [f"{keys} {words}" for keys, words in found]
    why = f": {and_words(parts)}" if parts else ""
    message_box.warning(f"{file} does not fit as it is{why}.")
    if net := report["net"]:
        _offer(ResNetConfig.model_validate_json(net))
    for sentence in (
        *(f"the file is of another net: {field}" for field in report["different"]),
        *report["causes"],
    ):
        message_box.info(f"{capital(sentence)}.")
    _say_reading(report)
    for column, (kind, words) in zip(st.columns(len(_LISTS)), _LISTS.items(), strict=True):
        column.markdown(f"**{len(report[kind])} {kind}**", help=f"Keys {words}.")
        column.code(
            "\n".join(map(printable, report[kind])) or "none",
            language=None,
            wrap_lines=True,
            height=300,
        )


def _offer(config: ResNetConfig) -> None:
    """The net that the file is of, ready to be opened."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Open as this net", type="primary", on_click=show_net, args=(config,))
        st.markdown(
            f"Every weight in the file fits **{plain(net_title(config, nearest_preset(config)))}** "
            f"({plan(config).params:,} parameters)."
        )


def _say_reading(report: dict[str, Any]) -> None:
    if report["reading"]:
        note(" ".join(f"{plain(sentence)}." for sentence in report["reading"]))
