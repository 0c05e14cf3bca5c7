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
SECONDS = 1.5
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
    seconds = median_seconds(lambda: shortcut_graph(preset("resnet50")).to_html(), 15)
    yield Result("resnet50: HTML page", f"{1000 * seconds:.0f} ms", "< 60 ms", seconds < 0.06)
    first, bare = (median_seconds(partial(_python, code), 5) for code in (_FIRST, _BARE))
    yield Result(
        f"first picture in a new Python ({first / bare:.1f} times an import of pydantic)",
        f"{first:.2f} s",
        f"< {SECONDS} s",
        first < SECONDS,
    )


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
