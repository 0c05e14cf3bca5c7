"""Build tab: builds the net on a device and shows the measurements."""

from __future__ import annotations

from typing import Any

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.text import byte_size
from resnet_viz.ui.widgets import job_progress, message_box
from resnet_viz.ui.widgets.device_choice import device_box
from resnet_viz.ui.widgets.page_texts import note

_SLOT = "build"


def build_panel(config: ResNetConfig) -> None:
    """Draw device, batch size, the button, and the last report of this session."""
    left, middle, right = st.columns([2, 2, 2], vertical_alignment="bottom")
    with left:
        device = device_box("build_device")
    batch_size = middle.number_input("Batch size", min_value=1, max_value=65_536, value=8)
    if right.button("Build", type="primary", width="stretch"):
        request = {"config": config, "device": device, "batch_size": int(batch_size)}
        job_progress.hand_in(_SLOT, "build", request, config)
    note(
        "Builds the net in another process, sends a batch of random images through it "
        "forward and backward a few times, and shows the medians. For "
        f"{batch_size} images training keeps {byte_size(plan(config).activation_bytes(batch_size))}"
        " of activations, computed from the plan."
    )
    _show(config)


def _show(config: ResNetConfig) -> None:
    result = job_progress.outcome(_SLOT, "Building and measuring")
    if result is None:
        if not job_progress.asked(_SLOT):
            message_box.info(
                "Nothing built yet in this session: press Build.", icon=":material/bolt:"
            )
        return
    if result.about != config:
        message_box.warning(f"Measured on {label(result.about)}; press Build to measure this net.")
    if result.problem:
        job_progress.complain(result)
    else:
        _show_report(result.done)


def _show_report(report: dict[str, Any]) -> None:
    shape = " x ".join(str(size) for size in report["output_shape"])
    numbers = (
        ("Device", report["device"]),
        ("Output shape", shape),
        ("Parameters", f"{report['params']:,}"),
        ("Build", f"{report['build_seconds']:.2f} s"),
        ("Forward", f"{report['forward_ms']:.1f} ms"),
        ("Backward", f"{report['backward_ms']:.1f} ms"),
        ("Images a second", f"{report['images_per_second']:.1f}"),
        ("Peak memory", byte_size(report["peak_memory_bytes"])),
    )
    for start in (0, 4):
        row = zip(st.columns(4), numbers[start : start + 4], strict=True)
        for column, (name, value) in row:
            column.metric(name, value)
    note(
        f"Medians of several passes of {report['batch_size']} random images. Peak memory: by how "
        "much more was in use at most while the net was built and run forward and backward once."
    )
