"""Graph page: one self-contained HTML file that zooms, opens blocks and asks for nothing.

What is inside a block is drawn once for all blocks that are alike; the browser puts the path of the
block that was picked into its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import value_words
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import label
from resnet_viz.views import labels
from resnet_viz.views.graph import block_words
from resnet_viz.views.graph.browser.scripts import page_script, style
from resnet_viz.views.graph.model import Graph
from resnet_viz.views.graph.svg import write_svg, write_unit_svg

_STYLE = re.compile("<style>.*?</style>", re.DOTALL)
"""The rules of a picture hold for all pictures of a page: the net's own has them."""
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; padding: 0.75rem 1rem; background: light-dark(#fff, #0f151c) }}
{style}</style>
<main id="net">{svg}</main>
<script type="application/json" id="data">{data}</script>
<script type="module">
{script}
const root = document.getElementById("net")
const data = JSON.parse(document.getElementById("data").textContent)
window.graph = mount(root, {{ ...data, svg: root.innerHTML }})
</script>
</html>
"""


UnitGraph = Callable[[ResNetConfig, str], Graph]
"""The graph of one unit of a net, operation by operation."""


def page(graph: Graph, unit_graph: UnitGraph) -> str:
    """The HTML text of `graph`; without scripts it is a still picture."""
    data = page_data(graph, unit_graph)
    return _PAGE.format(
        title=escape(f"Shortcuts of {data['name']}"),
        style=style(),
        svg=data.pop("svg"),
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        script=page_script(),
    )


def page_data(graph: Graph, unit_graph: UnitGraph) -> dict[str, Any]:
    """What the scripts are told of a graph: its picture, and of each unit its words, its numbers
    and which picture shows its inside."""
    if graph.config is None:
        return _found(graph)
    network = plan(graph.config)
    insides: dict[int, int] = {}
    pictures: list[Mapping[str, str]] = []
    units, costs = {}, block_words.costs(network)
    for path, unit in network.units:
        if id(unit) not in insides:
            insides[id(unit)] = len(pictures)
            pictures.append(_inside(unit_graph(graph.config, path), path))
        units[path] = _about(network, path, unit, costs) | {"inside": insides[id(unit)]}
    name = paper_name(label(graph.config))
    return {
        "svg": write_svg(graph),
        "name": name,
        "title": f"{name}: {network.depth:,} layers, {network.params:,} parameters",
        "file": f"{label(graph.config)}.svg".replace("/", "-"),
        "kind": value_words("block", graph.config.block),
        "units": units,
        "insides": pictures,
    }


def _found(graph: Graph) -> dict[str, Any]:
    """The same of a net that no configuration describes: nothing is known of a block's inside."""
    units = {
        node.unit: {
            "title": node.label.split("\n")[0],
            "place": node.unit,
            "kind": node.tooltip,
            "shapes": "",
            "rows": [],
            "inside": 0,
        }
        for node in graph.nodes
        if node.kind not in ("input", "add")
    }
    return {
        "svg": write_svg(graph),
        "name": graph.name.partition(":")[0],
        "title": graph.name,
        "file": f"{graph.name.partition(':')[0]}.svg",
        "kind": "block",
        "units": units,
        "insides": [{"path": "-", "place": "-", "svg": ""}],
    }


def _inside(graph: Graph, path: str) -> Mapping[str, str]:
    """The operations of a unit as a picture, and what in its words is the unit's own."""
    picture = _STYLE.sub("", write_unit_svg(graph, path), count=1)
    return {"path": path, "place": labels.place_and_path(path), "svg": picture}


def _about(network: NetworkPlan, path: str, unit: Unit, costs: block_words.Costs) -> dict[str, Any]:
    chosen = block_words.Chosen(path, unit, 1)
    shapes = map(block_words.shape_words, (unit.in_shape, unit.out_shape))
    return {
        "title": block_words.title(path),
        "place": labels.place_and_path(path),
        "kind": block_words.kind_words(unit, network.config, path),
        "shapes": "In: {}. Out: {}.".format(*shapes),
        "rows": block_words.numbers(network, chosen, costs),
    }
