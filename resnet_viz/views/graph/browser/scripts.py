"""Graph scripts: ES modules that draw, colour and steer a graph in any page; they know no host."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from resnet_viz.es_modules import joined

FOLDER = Path(__file__).parent / "scripts"


@lru_cache(maxsize=1)
def style() -> str:
    """The style sheet of a graph."""
    return (FOLDER / "chart.css").read_text(encoding="utf-8")


def chart_script() -> str:
    """The graph as one script, which has `mount` as a constant."""
    return joined(FOLDER, "chart.js")


def legend_script() -> str:
    """The legend of a colour scale alone, as the constant `legend`."""
    return joined(FOLDER, "legend.js")


def colour_script() -> str:
    """What colours a graph by measured values, with the legend, without what steers it."""
    return joined(FOLDER, "colours.js", "legend.js")


def page_script() -> str:
    """The graph with a panel beside it, as one script, which has `mount` as a constant."""
    return joined(FOLDER, "page.js")
