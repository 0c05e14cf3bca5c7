"""Bundles: HTML and text of what a cell shows, by media type; neither torch nor a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.notebook import net_cells
from resnet_viz.notebook.frame import Shown
from resnet_viz.views.graph.graph import ShortcutGraph
from resnet_viz.views.poster.poster import Poster


def bundle(value: object) -> Mapping[str, str]:
    """The HTML and the text of a value."""
    if isinstance(value, Shown):
        html, text = value.html, value.text
    elif isinstance(value, ResNetConfig):
        html = net_cells.frame_of(net_cells.graph_of(value)).html()
        text = net_cells.text_of(value)
    elif isinstance(value, NetworkPlan):
        html, text = net_cells.table_of(value), net_cells.text_of(value.config)
    elif isinstance(value, ShortcutGraph):
        html, text = net_cells.frame_of(value).html(), net_cells.graph_text(value)
    elif isinstance(value, Poster):
        html, text = value.to_svg(), repr(value)
    else:
        from resnet_viz.notebook import run_cells  # noqa: PLC0415  it reads records

        html, text = run_cells.of(value)
    return {"text/html": html, "text/plain": text}
