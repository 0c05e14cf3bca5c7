"""Build a net in a process of its own and read what was measured; no torch, no Streamlit."""

from __future__ import annotations

import json
from collections.abc import Callable

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.ui.common.command import config_file, run_command


def build_in_process(
    config: ResNetConfig, device: str, batch_size: int, tick: Callable[[], None]
) -> dict[str, object]:
    """The report of the `build` command; `tick` is called a few times a second meanwhile.

    Raises:
        RuntimeError: one sentence that says why the build failed.
    """
    options = ["--device", device, "--batch-size", str(batch_size), "--json"]
    with config_file(config) as path:
        report: dict[str, object] = json.loads(run_command(["build", str(path), *options], tick))
    return report
