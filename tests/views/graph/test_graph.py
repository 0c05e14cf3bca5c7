from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.views.graph.graph import Edge, ShortcutGraph, shortcut_graph
from resnet_viz.views.graph.layout import lay_out
from tests.configs import configs, examples

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is missing")
SHORTCUTS = ("identity", "zero_pad", "projection")


def _additions(graph: ShortcutGraph) -> int:
    return sum(node.repeats for node in graph.nodes if node.kind == "add")


def _reached(start: str, pairs: Iterable[tuple[str, str]]) -> set[str]:
    follows = defaultdict(list)
    for source, target in pairs:
        follows[source].append(target)
    seen, todo = {start}, [start]
    while todo:
        new = [node for node in follows[todo.pop()] if node not in seen]
        seen.update(new)
        todo.extend(new)
    return seen


def _assert_sound(graph: ShortcutGraph, config: ResNetConfig) -> None:
    """What holds for every graph, folded and expanded or not."""
    ids = [node.id for node in graph.nodes]
    assert len(ids) == len(set(ids))
    pairs = [(edge.source, edge.target) for edge in graph.edges]
    assert _reached("input", pairs) == set(ids)
    assert _reached(ids[-1], [(b, a) for a, b in pairs]) == set(ids)
    order = {name: place for place, name in enumerate(ids)}
    assert all(order[source] < order[target] for source, target in pairs)
    arriving = defaultdict(list)
    for edge in graph.edges:
        arriving[edge.target].append(edge.kind)
    for node in graph.nodes:
        kinds = arriving[node.id]
        if node.kind == "add":
            assert len(kinds) == 2
            assert kinds.count("main") == 1
        else:
            assert len(kinds) == (2 if node.label == "×" else node.kind != "input")  # noqa: RUF001
    assert _additions(graph) == sum(plan(config).shortcuts.values())


def _blocks(graph: ShortcutGraph) -> int:
    return sum(node.repeats for node in graph.nodes if node.kind in ("block", "folded"))


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("fold", [False, True])
def test_every_preset(name: str, fold: bool) -> None:
    config = preset(name)
    graph = shortcut_graph(config, fold=fold)
    _assert_sound(graph, config)
    assert _blocks(graph) == sum(config.depths)
    repeats = {node.id: node.repeats for node in graph.nodes}
    kinds: Counter[str] = Counter()
    for edge in graph.edges:
        kinds[edge.kind] += repeats[edge.target] if edge.kind != "main" else 0
    assert {k: n for k, n in kinds.items() if n} == plan(config).shortcuts
    assert len(graph.nodes) <= (6 * 9 + 3 if fold else len(repeats))


@given(config=configs(), data=st.data(), fold=st.booleans())
def test_random_nets_with_random_units_expanded(
    config: ResNetConfig, data: st.DataObject, fold: bool
) -> None:
    units = [path for path, _ in plan(config).units]
    expanded = data.draw(st.frozensets(st.sampled_from(units), max_size=4))
    graph = shortcut_graph(config, expanded, fold=fold)
    _assert_sound(graph, config)
    shown = {n.id for n in graph.nodes if n.kind in ("operation", "add") and n.unit in expanded}
    assert shown == {
        o.name for o in plan(config).operations if any(o.name.startswith(f"{e}.") for e in expanded)
    }


def test_all_expanded_is_the_plan() -> None:
    """Every operation of the plan once, with the plan's inputs, in both orders of activation."""
    for name in ("resnet50", "preact18", "resnet20-cifar", "plain18"):
        net = plan(preset(name))
        graph = shortcut_graph(preset(name), frozenset(path for path, _ in net.units))
        assert [node.id for node in graph.nodes] == ["input", *(o.name for o in net.operations)]
        expected = {(i, o.name) for o in net.operations for i in o.inputs}
        assert {(edge.source, edge.target) for edge in graph.edges} == expected


@given(config=configs())
def test_a_plain_twin_has_the_same_blocks_and_no_shortcuts(config: ResNetConfig) -> None:
    residual, plain = shortcut_graph(config), shortcut_graph(plain_twin(config))
    # A p that the shortcut shares has a box of its own.
    names = [n.id for n in residual.nodes if n.kind not in ("add", "preactivation")]
    assert [n.id for n in plain.nodes] == names
    assert {edge.kind for edge in plain.edges} == {"main"}
    assert len(plain.edges) == len(plain.nodes) - 1


def test_a_shortcut_leaves_before_the_branch_and_ends_at_the_addition() -> None:
    edges = shortcut_graph(preset("resnet18")).edges
    assert Edge("stages.0.1.add", "stages.1.0", "main") in edges
    assert Edge("stages.1.0", "stages.1.0.add", "main") in edges
    assert Edge("stages.0.1.add", "stages.1.0.add", "projection", "1×1 conv, /2") in edges  # noqa: RUF001
    assert Edge("stem", "stages.0.0.add", "identity") in edges


def test_the_place_of_the_activation_is_said() -> None:
    original = {n.id: n for n in shortcut_graph(preset("resnet18")).nodes}
    before = {n.id: n for n in shortcut_graph(preset("preact18")).nodes}
    assert original["stages.0.0.add"].tooltip.endswith("then relu")
    assert not before["stages.0.0.add"].tooltip.endswith("then relu")
    assert before["stages.0.1"].label == "p: batch norm, relu\nF: 3×3, 64\n3×3, 64"  # noqa: RUF001
    assert original["stages.0.0"].label == "F: 3×3, 64\n3×3, 64"  # noqa: RUF001


def test_a_shared_preactivation_feeds_branch_and_shortcut() -> None:
    """He 2016, appendix: before a stage's first block p stands outside of F, as the legend says."""
    graph = shortcut_graph(preset("preact50"))
    nodes = {node.id: node for node in graph.nodes}
    shared = [f"stages.{stage}.0" for stage in range(4)]
    assert [n.unit for n in graph.nodes if n.kind == "preactivation"] == shared
    assert nodes["stages.1.0.preactivation"].label == "p: batch norm, relu"
    assert nodes["stages.1.0"].label.startswith("F: 1×1, 128\n")  # noqa: RUF001
    starts = {edge.target: edge.source for edge in graph.edges if edge.kind != "main"}
    assert starts["stages.1.0.add"] == "stages.1.0.preactivation"
    assert starts["stages.1.1.add"] == "stages.1.0.add"
    words = "stage 2, block 1 (stages.1.0): F(p(x)) + projection shortcut of p(x)"
    assert nodes["stages.1.0.add"].tooltip == words
    assert "p, before F, is batch norm and relu; + only adds" in graph.to_svg()


def test_tooltips_say_where_in_peoples_words() -> None:
    graph = shortcut_graph(preset("resnet56-cifar"), frozenset({"stages.1.1"}), fold=True)
    tooltips = {node.id: node.tooltip for node in graph.nodes}
    assert tooltips["stages.0.1-7"].startswith("stage 1, blocks 2 to 8 (stages.0.1-7): 16 channels")
    assert tooltips["stages.2.0"].startswith("stage 3, block 1 (stages.2.0): 64 channels")
    assert tooltips["stages.1.1.branch.conv1"].startswith(
        "stage 2, block 2 (stages.1.1): conv 3×3, 32 (branch.conv1): 32 channels"  # noqa: RUF001
    )
    assert ">block 2</text>" in graph.to_svg()


def test_gates_and_squeeze_and_excitation_are_no_projections() -> None:
    gated = revise(preset("resnet20-cifar"), shortcut_transform="exclusive_gate")
    for config in (preset("seresnet50"), gated):
        net = plan(config)
        beside = [o.name for o in net.operations if "se." in o.name or "gate." in o.name]
        graph = shortcut_graph(config, frozenset(path for path, _ in net.units))
        assert beside
        assert not any("projection" in n.tooltip for n in graph.nodes if n.id in beside)
        assert {e.kind for e in graph.edges if e.target in beside} == {"main"}
    assert "projection" not in shortcut_graph(gated).to_svg()


def test_folding() -> None:
    graph = shortcut_graph(preset("resnet1202-cifar"), fold=True)
    folded = [node for node in graph.nodes if node.kind == "folded"]
    assert [node.repeats for node in folded] == [198, 197, 197]
    assert "198 more like this" in folded[0].label
    assert "each with an\nidentity shortcut" in folded[0].label
    labels = [e.label for e in graph.edges if e.target == f"{folded[0].id}.add"]
    assert labels == ["", "×198"]  # noqa: RUF001
    opened = shortcut_graph(preset("resnet1202-cifar"), frozenset({"stages.0.100"}), fold=True)
    assert "stages.0.100.branch.conv1" in {node.id for node in opened.nodes}
    assert [n.repeats for n in opened.nodes if n.kind == "folded"] == [98, 97, 197, 197]
    plain = shortcut_graph(preset("plain1202-cifar"), fold=True)
    assert any("without shortcuts" in node.label for node in plain.nodes)


def test_an_unknown_id_names_near_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown block to expand 'stage.1.0'; did you mean 'sta"):
        shortcut_graph(preset("resnet18"), frozenset({"stage.1.0"}))


@pytest.mark.parametrize("name", ["resnet18", "plain18"])
def test_dot_is_the_golden_one(name: str, equals_golden: Callable[[str, str], None]) -> None:
    equals_golden(f"{name}.dot", shortcut_graph(preset(name)).to_dot())


def test_the_legend_lists_only_what_occurs() -> None:
    for name, present in (
        ("resnet18", {"identity", "projection"}),
        ("resnet20-cifar", {"identity", "zero_pad"}),
        ("plain18", set()),
    ):
        dot = shortcut_graph(preset(name)).to_dot()
        assert {k for k in SHORTCUTS if f'"legend {k} from" ->' in dot} == present
        assert ("no additions, no shortcuts" in dot) == (name == "plain18")


def _drawn(dot: str) -> tuple[set[str], list[tuple[str, str]]]:
    """Nodes and edges that Graphviz itself reads from the DOT text."""
    command = ["dot", "-Tplain"]
    out = subprocess.run(command, input=dot.encode(), capture_output=True, check=True)
    assert out.stderr == b""
    words = [_words(line) for line in out.stdout.decode().splitlines()]
    nodes = {line[1] for line in words if line[0] == "node"}
    return nodes, [(line[1], line[2]) for line in words if line[0] == "edge"]


def _words(line: str) -> list[str]:
    return [a or b for a, b in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)]


@needs_dot
@settings(max_examples=examples(25), deadline=None)
@given(config=configs(), fold=st.booleans())
def test_graphviz_reads_the_same_graph(config: ResNetConfig, fold: bool) -> None:
    graph = shortcut_graph(config, frozenset({"stem", "stages.0.0"}), fold=fold)
    nodes, edges = _drawn(graph.to_dot())
    shown = {name for name in nodes if not re.match(r"(column \d|legend )", name)}
    assert shown == {node.id for node in graph.nodes}
    order = {node.id: place for place, node in enumerate(graph.nodes)}
    leaving = defaultdict(list)
    for source, target in edges:
        if target in order:
            leaving[source].append(target)
    # The dot at a column's head stands for the node before it, its first neighbour.
    stands_for = {a: min(targets, key=order.__getitem__) for a, targets in leaving.items()}
    resolved = {(a if a in order else stands_for[a], b) for a in leaving for b in leaving[a]}
    wanted = {(edge.source, edge.target) for edge in graph.edges}
    assert {(a, b) for a, b in resolved if a != b and a in order} == wanted


def test_tooltips_say_the_receptive_field_of_the_last_block_folded() -> None:
    tooltips = {n.id: n.tooltip for n in shortcut_graph(preset("resnet56-cifar"), fold=True).nodes}
    assert tooltips["stem"].endswith("receptive field 3×3")  # noqa: RUF001
    assert tooltips["stages.0.0"].endswith("receptive field 7×7")  # noqa: RUF001
    assert tooltips["stages.0.1-7"].endswith("receptive field 35×35")  # noqa: RUF001
    assert "receptive field" not in tooltips["head"]


def test_a_closed_stage_is_one_box_with_its_shortcuts_counted() -> None:
    graph = shortcut_graph(preset("resnet34"), closed=frozenset({1, 2}))
    boxes = [node for node in graph.nodes if node.kind == "folded"]
    assert [(node.unit, node.label) for node in boxes] == [
        ("stages.1.0-3", "4 blocks\n4 shortcuts:\n1 projection\n3 identity"),
        ("stages.2.0-5", "6 blocks\n6 shortcuts:\n1 projection\n5 identity"),
    ]
    lines = [edge for edge in graph.edges if edge.target.startswith("stages.1.")]
    (line,) = [edge for edge in lines if edge.kind != "main"]
    assert line.kind == "projection"
    stage = plan(preset("resnet34")).stages[1]
    assert f"{stage.params:,} parameters, {stage.macs:,} MACs" in boxes[0].tooltip
    units = {node.unit for node in graph.nodes}
    assert {"stages.0.0", "stages.3.2"} <= units
    assert not {f"stages.1.{index}" for index in range(4)} & units


def test_a_closed_stage_of_a_plain_net_has_no_shortcut() -> None:
    graph = shortcut_graph(preset("plain34"), closed=frozenset(range(4)))
    assert [edge.kind for edge in graph.edges] == ["main"] * (len(graph.nodes) - 1)
    assert len(graph.nodes) == 7  # input, stem, four stages, head


def test_closed_stages_are_drawn_beside_open_ones() -> None:
    for name in ("resnet34", "plain34", "resnet152", "preact50", "resnet20-cifar"):
        for closed in ({0}, {1, 2}, {0, 1, 2}):
            picture = lay_out(shortcut_graph(preset(name), closed=frozenset(closed)))
            boxes = list(picture.boxes.values())
            for one, other in combinations(boxes, 2):
                assert (
                    one.right <= other.left
                    or other.right <= one.left
                    or one.bottom <= other.top
                    or other.bottom <= one.top
                )
