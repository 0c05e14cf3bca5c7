"""Shortcuts found in nets that were not written here, against what their papers say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
import torchvision
from torch import Tensor, nn

from resnet_viz import build_resnet, graph, plan, preset
from resnet_viz.arch.config import revise
from resnet_viz.cli.commands.architecture import write_found_graph
from resnet_viz.cli.errors import InputError
from resnet_viz.traced.libraries import named_net
from resnet_viz.traced.passes import shortcuts
from tests.nets.recognition.cifar_nets import OneLayer

pytestmark = pytest.mark.integration

FAMILIES = [
    ("torchvision:resnet18", 64, {"identity": 5, "projection": 3}),
    ("torchvision:regnet_y_400mf", 64, {"identity": 12, "projection": 4}),
    ("torchvision:densenet121", 64, {}),
    ("torchvision:mobilenet_v3_small", 64, {"identity": 6}),
    ("timm:resnet50d", 64, {"identity": 12, "projection": 4}),
    ("timm:convnext_atto", 64, {"identity": 12}),
    ("timm:convnextv2_atto", 64, {"identity": 12}),
    ("timm:vit_tiny_patch16_224", 224, {"identity": 24}),
    ("timm:swin_tiny_patch4_window7_224", 224, {"identity": 24}),
    ("timm:poolformer_s12", 64, {"identity": 24}),
    # Ding 2021: where the shapes differ, y = g(x) + f(x), with a 1x1 convolution as g.
    ("timm:repvgg_a0", 64, {"identity": 17, "projection": 5}),
    ("timm:ghostnet_100", 64, {"identity": 11, "projection": 5}),
]


@pytest.mark.parametrize(("name", "side", "expected"), FAMILIES)
def test_the_shortcuts_of_a_family_are_those_of_its_paper(
    name: str, side: int, expected: dict[str, int]
) -> None:
    found = shortcuts(named_net(name), torch.zeros(1, 3, side, side))
    assert Counter(one.kind for one in found) == expected
    assert len({one.name for one in found}) == len(found)


def test_each_block_of_resnet18_names_its_branch_and_its_shortcut() -> None:
    net = torchvision.models.resnet18(weights=None)
    found = {one.name: one for one in shortcuts(net, torch.zeros(1, 3, 64, 64))}
    assert list(found) == [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    first, projected = found["layer1.0"], found["layer2.0"]
    assert {"layer1.0.conv1", "layer1.0.conv2"} <= set(first.branch)
    assert (first.kind, first.path) == ("identity", ())
    assert (projected.kind, projected.path[0]) == ("projection", "layer2.0.downsample.0")


@pytest.mark.parametrize("norm_first", [True, False])
def test_attention_and_feed_forward_are_blocks_and_the_first_begins_at_the_input(
    norm_first: bool,
) -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=norm_first)
    net = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    names = [one.name for one in shortcuts(net, torch.zeros(2, 5, 16))]
    parts = ("self_attn", "linear1")
    assert names == [f"layers.{number}.{part}" for number in range(3) for part in parts]


def test_a_block_of_one_layer_has_a_projection() -> None:
    found = shortcuts(OneLayer(), torch.zeros(1, 3, 16, 16))
    assert [one.kind for one in found] == ["identity", "identity", "projection", "identity"]
    projected = found[2]
    assert (projected.name, projected.path[0]) == ("layer2.0", "layer2.0.downsample.0")
    for order in ("original", "full_preactivation"):
        changes = {"depths": (2, 2), "widths": (4, 8), "shortcut": "projection"}
        own = revise(preset("resnet110-1layer-cifar"), activation_order=order, **changes)
        kinds = Counter(one.kind for one in shortcuts(build_resnet(own), torch.zeros(1, 3, 32, 32)))
        assert kinds == plan(own).shortcuts


class Sums(nn.Module):
    """Additions of which one is a shortcut: a position, a polynomial, parallel paths, a filter."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.third, self.fourth = nn.Linear(4, 4), nn.Linear(4, 4)
        self.position = nn.Parameter(torch.zeros(1, 4))
        self.pool = nn.AvgPool1d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x) + self.position
        x = torch.tanh(x + 0.04 * x**3)
        x = self.pool(x) - x
        x = self.second(x) + self.third(x)
        return x + self.fourth(x)


def test_other_additions_are_no_shortcuts() -> None:
    (one,) = shortcuts(Sums(), torch.zeros(2, 4))
    assert (one.name, one.kind, one.branch) == ("fourth", "identity", ("fourth",))


def test_a_pass_leaves_the_net_as_it_was() -> None:
    net = torchvision.models.resnet18(weights=None)
    net.conv1.weight.requires_grad_(False)
    net.bn1.eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    shortcuts(net, torch.randn(2, 3, 64, 64))
    assert net.training
    assert not net.bn1.training
    assert not net.conv1.weight.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_the_graph_has_a_box_per_block_and_an_arc_per_shortcut() -> None:
    net = torchvision.models.resnet18(weights=None)
    drawn = graph(net, torch.zeros(1, 3, 64, 64))
    kinds = Counter(edge.kind for edge in drawn.edges)
    assert (kinds["identity"], kinds["projection"]) == (5, 3)
    assert [n.id for n in drawn.nodes if n.kind == "block"][:2] == ["layer1.0", "layer1.1"]
    svg = ElementTree.fromstring(drawn.to_svg())
    assert svg.get("aria-label") == "ResNet: 8 shortcuts (5 identity, 3 projection)"
    units = [one.get("data-unit") for one in svg.iter() if one.get("class") == "block"]
    assert len(units) == 8
    assert "layer4.1.add" in drawn.to_dot()
    assert "<title>Shortcuts of ResNet</title>" in drawn.to_html()


def test_a_net_that_concatenates_is_drawn_and_says_so() -> None:
    drawn = graph(torchvision.models.densenet121(weights=None), torch.zeros(1, 3, 64, 64))
    assert drawn.title is not None
    assert "58 places" in drawn.title.note  # 6 + 12 + 24 + 16 layers (Huang et al. 2017, Table 1)
    assert "concatenation" in drawn.to_svg()


def test_a_net_that_cannot_be_run_is_drawn_as_a_chain_and_says_so() -> None:
    drawn = graph(torchvision.models.resnet18(weights=None), torch.zeros(1, 5, 64, 64))
    assert drawn.title is not None
    assert "could not be run" in drawn.title.note
    assert {edge.kind for edge in drawn.edges} == {"main"}
    assert "layer4" in drawn.to_svg()


def test_the_command_draws_another_librarys_net(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.svg"
    write_found_graph("torchvision:resnet18", file, has_options=False)
    assert "layer4.1" in file.read_text()
    assert "8 shortcuts" in capsys.readouterr().err
    with pytest.raises(InputError, match="did you mean 'resnet50'"):
        write_found_graph("torchvision:resnet5", file, has_options=False)
    with pytest.raises(InputError, match="configurations only"):
        write_found_graph("torchvision:resnet18", file, has_options=True)
