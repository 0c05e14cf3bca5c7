"""presets, describe, summary and graph: what a net is, without training it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import PRESETS, SOURCES
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.cli.inputs import Net, shown_path
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table, write_file

if TYPE_CHECKING:
    from resnet_viz.views.graph.graph import ShortcutGraph

GRAPH_FORMATS = (".dot", ".svg", ".html")
MANY_BLOCKS = 1000
"""A graph of more takes seconds and megabytes: 20,000 blocks take 3 s and 20 MB."""


def show_presets(*, as_json: bool) -> None:
    """The presets in their order: name, parameters, MACs, source."""
    rows = [
        {
            "name": name,
            "params": plan(config).params,
            "macs": plan(config).macs,
            "source": SOURCES[name],
        }
        for name, config in PRESETS.items()
    ]
    if as_json:
        return print_json(rows)
    return print_table(("name", "params", "MACs", "source"), (tuple(row.values()) for row in rows))


def show_description(net: Net, *, as_json: bool) -> None:
    """The headline numbers, then the stages as in the paper's Table 1."""
    network = plan(net.config)
    if as_json:
        return print_json(_description(net.name, network))
    print_lines((*_headline(net.name, network), ""))
    return _print_table1(network)


def _description(name: str, network: NetworkPlan) -> dict[str, object]:
    return {
        "name": name,
        "params": network.params,
        "macs": network.macs,
        "depth": network.depth,
        "stages": _stages(network),
        "shortcuts": network.shortcuts,
        "activation_bytes": network.activation_bytes(1),
    }


def _stages(network: NetworkPlan) -> list[dict[str, object]]:
    """Stages count from 1, as in the paper; shapes are (channels, height, width)."""
    fields = receptive_fields(network)
    return [
        {
            "stage": stage.index + 1,
            "width": stage.width,
            "blocks": len(stage.blocks),
            "output_shape": list(stage.out_shape),
            "params": stage.params,
            "macs": stage.macs,
            "receptive_field": fields[stage.blocks[-1].name],
        }
        for stage in network.stages
    ]


def _headline(name: str, network: NetworkPlan) -> tuple[str, ...]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in network.shortcuts.items())
    return (
        name,
        f"depth          {network.depth}",
        f"parameters     {network.params:,}",
        f"MACs           {network.macs:,}",
        f"shortcuts      {kinds or 'none'}",
        f"activations    {network.activation_bytes(1) / 1e6:,.1f} MB kept for backward, one image",
    )


def _print_table1(network: NetworkPlan) -> None:
    from resnet_viz.views.table import table1

    rows = [
        (
            row.stage,
            row.output,
            row.formula if row.repeats == 1 else f"{row.formula} x {row.repeats}",
            row.params,
            row.macs,
        )
        for row in table1(network)
    ]
    print_table(("stage", "output size", "blocks", "params", "MACs"), rows)


def show_summary(config: ResNetConfig, depth: int, *, as_json: bool) -> None:
    """torchinfo's table, `depth` levels of modules deep; as JSON all modules, as data."""
    from resnet_viz.views.summary import measure, summarize

    with input_errors():
        text = measure(config).to_json() if as_json else str(summarize(config, depth=depth))
    print_lines((text,))


def write_graph(
    config: ResNetConfig,
    output: Path,
    expand: Sequence[str],
    close: Sequence[int] = (),
    *,
    fold: bool = False,
) -> None:
    """The shortcut graph in a file; its ending says in which format. Stages in `close` count from
    1."""
    from resnet_viz.views.graph.graph import shortcut_graph

    _check_ending(output)
    for stage in close:
        if not 1 <= stage <= len(config.depths):
            raise InputError(f"--close {stage}: the net has stages 1 to {len(config.depths)}")
    if not fold and (blocks := sum(config.depths)) > MANY_BLOCKS:
        print_note(f"drawing {blocks:,} blocks one by one; --fold draws alike ones as one")
    with input_errors():
        closed = frozenset(stage - 1 for stage in close)
        graph = shortcut_graph(config, frozenset(expand), fold, closed=closed)
    _write(graph, output)


def write_found_graph(name: str, output: Path, *, has_options: bool) -> None:
    """The graph of another library's net, found by running it once."""
    _check_ending(output)
    if has_options:
        raise InputError(
            f"{name}: --expand, --close and --fold work with configurations only; omit them"
        )
    from resnet_viz.traced.libraries import named_net
    from resnet_viz.traced.module_graph import graph

    with input_errors():
        found = graph(named_net(name))
    print_note(found.name)
    _write(found, output)


def _check_ending(output: Path) -> None:
    if output.suffix.lower() not in GRAPH_FORMATS:
        allowed = ", ".join(GRAPH_FORMATS[:-1]) + f" or {GRAPH_FORMATS[-1]}"
        raise InputError(f"-o {shown_path(str(output))}: allowed are files that end in {allowed}")


def _write(graph: ShortcutGraph, output: Path) -> None:
    writers = {".dot": graph.to_dot, ".svg": graph.to_svg, ".html": graph.to_html}
    write_file(output, writers[output.suffix.lower()]().encode())
