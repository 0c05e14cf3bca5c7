# ruff: noqa: RUF001
"""ShortcutGraph: the blocks of a net, its additions, and every shortcut; no torch.

The nodes and edges are read from the plan. `dot.py` says how they look.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.arch.plan import BlockPlan, NetworkPlan, StagePlan, plan
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.cells import ShownInCells
from resnet_viz.extras import missing
from resnet_viz.text import count, unknown_name
from resnet_viz.views import labels
from resnet_viz.views.block_runs import block_runs, run_path
from resnet_viz.views.graph.browser.page import page
from resnet_viz.views.graph.model import Edge, EdgeKind, Graph, Node, NodeKind
from resnet_viz.views.graph.svg import write_svg


class ShortcutGraph(ShownInCells, Graph):
    """The graph of a net, with its writers."""

    def to_dot(self) -> str:
        """The graph in Graphviz's DOT language, on a transparent ground for light and dark pages.

        Raises:
            ModuleNotFoundError: without the library graphviz; the error says how to install it.
        """
        try:
            from resnet_viz.views.graph.dot import write_dot  # noqa: PLC0415 - SVG needs nothing
        except ModuleNotFoundError as error:
            raise missing("to_dot", error) from error
        return write_dot(self)

    def to_svg(self) -> str:
        """The graph as SVG, in our own layout, for light and dark pages."""
        return write_svg(self)

    def to_html(self) -> str:
        """The graph as one HTML file that needs no server: it zooms, shows what is inside a block,
        and is read by keyboard; for light and dark."""
        return page(self, unit_graph)


def shortcut_graph(
    config: ResNetConfig,
    expanded: frozenset[str] = frozenset(),
    fold: bool = False,
    *,
    short: bool = False,
    closed: frozenset[int] = frozenset(),
) -> ShortcutGraph:
    """The graph of `config`: stem, blocks, additions, head, and the shortcuts between them.

    Args:
        config: the net; a plain net has the same blocks, and neither additions nor shortcuts.
        expanded: ids of blocks ("stages.1.0"), "stem" or "head" to show operation by operation.
        fold: draw a run of more than three alike blocks as its first, one folded node, its last.
        closed: stages, counted from 0, to draw as one box, with their shortcuts counted.
        short: number the blocks of a stage instead of naming their convolutions; small boxes.

    Raises:
        ValueError: for an id in `expanded` that the net does not have, with near ones named.
    """
    net = plan(config)
    _check_ids(net, expanded)
    sketch = _Sketch(config, expanded, receptive_fields(net), short)
    sketch.unit("stem", "stem", net.stem)
    for stage in net.stages:
        if stage.index in closed and len(stage.blocks) > 1:
            sketch.closed(stage)
            continue
        for run in block_runs(stage.blocks, fold=fold, opened=expanded):
            sketch.blocks(run)
    sketch.unit("head", "head", net.head)
    return ShortcutGraph(config, tuple(sketch.nodes), tuple(sketch.edges))


def unit_graph(config: ResNetConfig, path: str) -> Graph:
    """The graph of one unit of `config`, operation by operation, below the net's input."""
    sketch = _Sketch(config, frozenset({path}), {}, short=False)
    sketch.opened(path, dict(plan(config).units)[path], None)
    return Graph(config, tuple(sketch.nodes), tuple(sketch.edges))


def _check_ids(net: NetworkPlan, expanded: frozenset[str]) -> None:
    if not expanded:
        return
    ids = [path for path, _ in net.units]
    for unknown in sorted(expanded.difference(ids)):
        raise ValueError(unknown_name("block to expand", unknown, ids))


class _Sketch:
    """A graph under construction, from input to output; `source` is the last node."""

    def __init__(
        self, config: ResNetConfig, expanded: frozenset[str], fields: dict[str, int], short: bool
    ) -> None:
        shape = config.image_shape
        label = "input" if short else f"input\n{shape[0]} × {labels.size(shape)}"
        self.config, self.expanded, self.receptive_fields, self.source = (
            config,
            expanded,
            fields,
            "input",
        )
        self.short = short
        self.nodes = [Node("input", "input", label, "the image", "input")]
        self.edges: list[Edge] = []

    def unit(self, path: Literal["stem", "head"], kind: NodeKind, unit: Unit) -> None:
        if path in self.expanded:
            self.opened(path, unit, None)
            return
        shown = [o for o in unit.operations if o.kind not in ("norm", "activation")]
        texts = [labels.operation_label(o, self.config).removeprefix("conv ") for o in shown]
        label = path if self.short else "\n".join((path, *texts))
        tooltip = labels.cost(path, unit, receptive_field=self.receptive_fields.get(path))
        self._go_on(Node(path, kind, label, tooltip, path))

    def blocks(self, run: tuple[BlockPlan, ...]) -> None:
        first = run[0]
        if first.name in self.expanded:
            self.opened(first.name, first.unit, first.stage)
        elif len(run) == 1:
            label = _branch_label(first.unit, self.config)
            self._block(first, first.name, "block", self._or(first.index + 1, label), 1)
        else:
            name = run_path(run)
            label = _folded_label(len(run), first.unit)
            numbers = f"{first.index + 1} to {run[-1].index + 1}"
            self._block(first, name, "folded", self._or(numbers, label), len(run))

    def closed(self, stage: StagePlan) -> None:
        """A stage as one box, with its shortcuts counted; the way along them is one line."""
        before, path, blocks = self.source, run_path(stage.blocks), len(stage.blocks)
        kinds = Counter(block.shortcut for block in stage.blocks)
        has_shortcuts = "none" not in kinds
        each = [f"{number} {labels.SHORTCUT_NAMES.get(kind, '')}" for kind, number in kinds.items()]
        lines = [f"{blocks} blocks"]
        lines += [f"{count(blocks, 'shortcut')}:", *each] if has_shortcuts else []
        label = self._or(f"1 to {blocks}", "\n".join(lines))
        last = self.receptive_fields[stage.blocks[-1].name]
        tooltip = labels.cost(f"stage {stage.index + 1}", stage, receptive_field=last)
        self._go_on(Node(path, "folded", label, tooltip, path, stage.index, blocks))
        if not has_shortcuts:
            return
        # Identities after a projection are that projection.
        kind = next((one for one in kinds if one != "identity"), "identity")
        words = f"{count(blocks, 'shortcut')}, one after the other: {', '.join(each)}"
        self._go_on(Node(f"{path}.add", "add", "+", words, path, stage.index, blocks))
        self.edges.append(Edge(before, f"{path}.add", kind))

    def _or(self, short: object, label: str) -> str:
        """The short label of a block, or the long one."""
        return str(short) if self.short else label

    def _block(self, block: BlockPlan, path: str, kind: NodeKind, label: str, count: int) -> None:
        before, unit = self.source, block.unit
        last = f"stages.{block.stage}.{block.index + count - 1}"
        words = labels.place_and_path(path)
        if unit.shares_preactivation:
            before = f"{path}.preactivation"
            text = self._or("p", _preactivation(unit, self.config))
            tooltip = f"{words}: p(x), where both F and the projection start"
            self._go_on(Node(before, "preactivation", text, tooltip, path, block.stage))
        tooltip = labels.cost(words, unit, count, self.receptive_fields[last])
        self._go_on(Node(path, kind, label, tooltip, path, block.stage, count))
        if unit.shortcut == "none":
            return
        text = _shortcut_label(unit) + (f" ×{count}" if count > 1 else "")
        text = self._or("", text)
        tooltip = f"{words}: {_sum(unit, self.config)}"
        self._go_on(Node(f"{path}.add", "add", "+", tooltip, path, block.stage, count))
        self.edges.append(Edge(before, f"{path}.add", unit.shortcut, text.strip()))

    def _go_on(self, node: Node) -> None:
        self.nodes.append(node)
        self.edges.append(Edge(self.source, node.id))
        self.source = node.id

    def opened(self, path: str, unit: Unit, stage: int | None) -> None:
        """A unit operation by operation."""
        before = self.source
        for operation in unit.operations:
            self.nodes.append(self._operation(path, operation, stage))
            for name in operation.inputs:
                source = before if name == "in" else f"{path}.{name}"
                kind = _kind_of_input(operation, name, unit)
                self.edges.append(Edge(source, f"{path}.{operation.name}", kind))
        self.source = f"{path}.{unit.operations[-1].name}"

    def _operation(self, path: str, operation: Operation, stage: int | None) -> Node:
        kind: NodeKind = "add" if operation.kind == "add" else "operation"
        label = labels.operation_label(operation, self.config)
        name = f"{labels.place_and_path(path)}: {label} ({operation.name})"
        tooltip = labels.cost(name, operation)
        return Node(f"{path}.{operation.name}", kind, label, tooltip, path, stage)


def _kind_of_input(operation: Operation, source: str, unit: Unit) -> EdgeKind:
    """Whether data on its way from `source` into `operation` takes the shortcut."""
    joins = operation.kind == "add" and source == operation.inputs[1]
    return unit.shortcut if joins or operation.name.startswith("shortcut.") else "main"


def _branch_label(unit: Unit, config: ResNetConfig) -> str:
    """The convolutions of a block as in He 2015, Fig. 5, with the p that is its own."""
    lines = [
        labels.kernel(o) + labels.halving(o) + labels.groups(o)
        if o.kind == "conv"
        else labels.operation_label(o, config)
        for o in unit.part("branch")
        if o.kind in ("conv", "avg_pool", "blur_pool")
    ]
    lines += [
        text
        for start, text in _BRANCH_ENDS.items()
        if any(operation.name.startswith(start) for operation in unit.operations)
    ]
    if unit.shortcut != "none":
        lines[0] = f"F: {lines[0]}"
    if unit.part("preactivation") and not unit.shares_preactivation:
        lines.insert(0, _preactivation(unit, config))
    return "\n".join(lines)


_BRANCH_ENDS = {
    "branch.se.": "SE",
    "branch.eca.": "ECA",
    "branch.skipinit": "× α",
    "branch.scale": "× 0.5",
}


def _folded_label(count: int, unit: Unit) -> str:
    if unit.shortcut == "none":
        return f"… {count} more like this,\nwithout shortcuts"
    article = "an" if unit.shortcut in ("identity", "exclusive_gate") else "a"
    kind = labels.SHORTCUT_NAMES[unit.shortcut]
    return f"… {count} more like this,\neach with {article}\n{kind} shortcut"


def _shortcut_label(unit: Unit) -> str:
    if unit.shortcut == "identity":
        return ""
    path = unit.part("shortcut")
    halving = labels.halving(path[0])
    texts = {
        "zero_pad": f"zero-padded{halving}",
        "scaled": "× 0.5",
        "exclusive_gate": "× (1 - g), F × g",
        "shortcut_only_gate": "× (1 - g)",
        "conv1x1": "1×1 conv",
        "dropout": "dropout",
    }
    pool = "average pool, " if path[0].kind == "avg_pool" else ""
    size = max((o.kernel for o in path if o.kind == "conv"), default=1)
    return texts.get(unit.shortcut, f"{pool}{size}×{size} conv{halving}")


def _preactivation(unit: Unit, config: ResNetConfig) -> str:
    """He 2016, eq. 5: what the input passes before F."""
    return f"p: {_words(unit, 'preactivation', config)}"


def _sum(unit: Unit, config: ResNetConfig) -> str:
    """What an addition adds: "F(x) + identity shortcut, then relu"."""
    branch = "F(p(x))" if unit.part("preactivation") else "F(x)"
    gate = "g × " if unit.shortcut == "exclusive_gate" else ""
    start = " of p(x)" if unit.shares_preactivation else ""
    after = f", then {_words(unit, 'after', config)}" if unit.part("after") else ""
    return f"{gate}{branch} + {labels.SHORTCUT_NAMES[unit.shortcut]} shortcut{start}{after}"


def _words(unit: Unit, part: str, config: ResNetConfig) -> str:
    return ", ".join(labels.operation_label(o, config) for o in unit.part(part))
