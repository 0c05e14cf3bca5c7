"""A net in a notebook: the size of its page, and the time until a new Python shows it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.result import Result, median_seconds
from resnet_viz.arch.presets import preset
from resnet_viz.views.graph.graph import shortcut_graph

SIZES = {"resnet50": 140_000, "resnet152": 190_000}
"""Bytes of the page at most; plotly's script alone, which other tools put into such a page, has
some 4,700,000."""
SVGS, IMPORTS = 8, 5
_FIRST = "import resnet_viz; resnet_viz.preset('resnet50')._repr_mimebundle_()"
_BARE = "import pydantic"


def run() -> Iterator[Result]:
    """The pages' sizes, how long one takes, and the first cell beside an import of pydantic."""
    for name, most in SIZES.items():
        page = shortcut_graph(preset(name)).to_html().encode()
        packed = len(gzip.compress(page))
        what = f"{name}: HTML page ({packed / 1000:.0f} kB compressed)"
        yield Result(
            what, f"{len(page) / 1000:.0f} kB", f"< {most / 1000:.0f} kB", len(page) < most
        )
    graph = shortcut_graph(preset("resnet50"))
    page_seconds, svg_seconds = median_seconds(graph.to_html, 15), median_seconds(graph.to_svg, 15)
    times = page_seconds / svg_seconds
    what = f"resnet50: HTML page ({1000 * page_seconds:.0f} ms) over its SVG alone"
    yield Result(what, f"{times:.1f}", f"< {SVGS}", times < SVGS)
    first, bare = (median_seconds(partial(_python, code), 5) for code in (_FIRST, _BARE))
    what = f"first picture in a new Python ({first:.2f} s) over an import of pydantic"
    yield Result(what, f"{first / bare:.1f}", f"< {IMPORTS}", first < IMPORTS * bare)


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
