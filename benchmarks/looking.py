"""ResNet-152's plan, table and DOT against torchinfo and torchview on torchvision's model.

Ours starts from the config, with nothing cached. The peers' model is built beforehand and not
counted. They run in two ways, each with one 224x224 image: as their users write it, on the CPU,
where the image is computed; and on the meta device, the fairest form, where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torchinfo
from torchview import draw_graph
from torchvision.models import resnet152

from benchmarks.result import Result, median_seconds
from resnet_viz import plan, preset, shortcut_graph
from resnet_viz.views.table import table1

IMAGE = (1, 3, 224, 224)
GOALS = {"cpu": 50, "meta": 10}


def run() -> Iterator[Result]:
    """Milliseconds, and how many times faster than the peers on each device."""
    ours_seconds = median_seconds(_ours, 15)
    what = "plan + table + DOT of resnet152"
    yield Result(what, f"{1000 * ours_seconds:.1f} ms", "under 20 ms", ours_seconds < 0.020)
    for device, goal in GOALS.items():
        seconds = _peers_seconds(device)
        times = seconds / ours_seconds
        against = f"{times:.0f} times faster ({1000 * seconds:.0f} ms)"
        peers = f"{what}: torchinfo + torchview on {device}"
        yield Result(peers, against, f"{goal} times", times >= goal)


def _ours() -> None:
    plan.cache_clear()
    config = preset("resnet152")
    table1(plan(config))
    shortcut_graph(config).to_dot()


def _peers_seconds(device: str) -> float:
    with torch.device(device):
        model = resnet152().eval()

    def peers() -> None:
        torchinfo.summary(model, IMAGE, device=device, verbose=0)
        str(draw_graph(model, input_size=IMAGE, device=device).visual_graph.source)

    return median_seconds(peers, 3)
