"""Finding a net's shortcuts beside one forward pass of it, for six families."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

import torch

from benchmarks.result import Result, median_seconds
from resnet_viz.traced.examples import example_for
from resnet_viz.traced.libraries import named_net
from resnet_viz.traced.passes import shortcuts

FAMILIES = (
    "timm:resnet50",
    "timm:convnext_atto",
    "timm:vit_tiny_patch16_224",
    "timm:swin_tiny_patch4_window7_224",
    "timm:mobilenetv3_large_100",
    "timm:densenet121",
)
MOST = 6.0
"""Forward passes: one of them is the search's own, and the rest is Python's."""


def run() -> Iterator[Result]:
    """Each family's ratio; one result that says so where timm is not installed."""
    if find_spec("timm") is None:
        yield Result("finding shortcuts", "timm is not installed")
        return
    torch.set_num_threads(1)
    for name in FAMILIES:
        net = named_net(name)
        example = example_for(net)
        assert isinstance(example, torch.Tensor)
        found = len(shortcuts(net, example))
        searched = median_seconds(partial(shortcuts, net, example), 7)
        passed = median_seconds(partial(net, example), 7)
        what = f"{name}: {found} shortcuts found ({1000 * searched:.0f} ms) over a forward pass"
        ratio = searched / passed
        yield Result(what, f"{ratio:.1f}", f"< {MOST:.0f}", ratio < MOST)
