"""ResNet-152's plan, table and DOT against torchinfo and torchview on torchvision's model.

Ours starts from the config, with nothing cached. The peers' model is built beforehand and not
counted; torchinfo runs on the CPU and torchview at its defaults, each with one 224x224 image.
"""

from __future__ import annotations

from collections.abc import Iterator

import torchinfo
from torchview import draw_graph
from torchvision.models import resnet152

from benchmarks.result import Result, median_seconds
from resnet_viz import plan, preset, shortcut_graph
from resnet_viz.views.table import table1

IMAGE = (1, 3, 224, 224)


def run() -> Iterator[Result]:
    """Two results: milliseconds, and how many times faster."""
    model = resnet152().eval()

    def peers() -> None:
        torchinfo.summary(model, IMAGE, device="cpu", verbose=0)
        str(draw_graph(model, input_size=IMAGE, device="cpu").visual_graph.source)

    ours_seconds = median_seconds(_ours, 15)
    peers_seconds = median_seconds(peers, 3)
    times = peers_seconds / ours_seconds
    what = "plan + table + DOT of resnet152"
    yield Result(what, f"{1000 * ours_seconds:.1f} ms", "under 20 ms", ours_seconds < 0.020)
    against = f"{times:.0f} times faster ({1000 * peers_seconds:.0f} ms)"
    yield Result(f"{what}: torchinfo + torchview", against, "50 times", times >= 50)


def _ours() -> None:
    plan.cache_clear()
    config = preset("resnet152")
    table1(plan(config))
    shortcut_graph(config).to_dot()
