"""Plain twins of nets that were not written here: the same weights, no path that skips."""

from __future__ import annotations

import pickle

import pytest
import torch
import torchvision
from torch import Tensor, nn

from resnet_viz import without_shortcuts
from resnet_viz.traced.passes import Example, shortcuts

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_thread")]


def _encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def _vit() -> nn.Module:
    timm = pytest.importorskip("timm")
    sizes = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 3, "num_heads": 2}
    made: nn.Module = timm.models.VisionTransformer(**sizes)
    return made


IMAGES = torch.randn(2, 3, 32, 32)
NETS = {
    "resnet18": (lambda: torchvision.models.resnet18(weights=None), IMAGES),
    "mobilenet_v3": (lambda: torchvision.models.mobilenet_v3_small(weights=None), IMAGES),
    "vit": (_vit, IMAGES),
    "encoder": (_encoder, torch.randn(2, 5, 16)),
}


@pytest.mark.parametrize("name", NETS)
def test_a_twin_has_the_nets_weights_and_no_path_that_skips(name: str) -> None:
    make, example = NETS[name]
    net = make()
    twin = without_shortcuts(net, example)
    own = {f"model.{key}": value for key, value in net.state_dict().items()}
    assert all(torch.equal(value, own[key]) for key, value in twin.state_dict().items())
    assert twin.state_dict().keys() == own.keys()
    assert shortcuts(net, example)
    assert not shortcuts(twin, example)


def test_a_twin_computes_what_the_branches_alone_compute() -> None:
    torch.manual_seed(0)
    net, given = _encoder().eval(), torch.randn(3, 7, 16)
    twin = without_shortcuts(net, torch.randn(2, 5, 16)).eval()
    wanted = given
    for layer in net.layers:  # type: ignore[union-attr]
        wanted = layer.norm1(layer.self_attn(wanted, wanted, wanted, need_weights=False)[0])
        wanted = layer.norm2(layer.linear2(torch.relu(layer.linear1(wanted))))
    with torch.no_grad():
        torch.testing.assert_close(pickle.loads(pickle.dumps(twin))(given), wanted)


def test_a_twin_trains_and_its_net_stays_as_it_was() -> None:
    torch.manual_seed(0)
    net = _vit()
    before = [one.detach().clone() for one in net.parameters()]
    twin = without_shortcuts(net, IMAGES).train()
    optimizer = torch.optim.SGD(twin.parameters(), 0.1)
    twin(torch.randn(4, 3, 32, 32)).square().mean().backward()
    optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    changed = [not torch.equal(a, b) for a, b in zip(before, twin.parameters(), strict=True)]
    assert all(changed)


class Wide(nn.Module):
    """A block whose branch is broadcast by the addition."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return x + self.second(x)


class InPlace(Wide):
    """A block that adds its branch into what the caller keeps."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x) * 1
        x.add_(self.first(x))
        return x


class Wavering(Wide):
    """A net that takes another path in training."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return x + self.first(x) + (x if self.training else 0)


REFUSED: list[tuple[nn.Module, Example, str]] = [
    (Wide(), torch.randn(2, 4), r"second: its branch has the shape \(2, 1\), and its sum \(2, 4\)"),
    (InPlace(), torch.randn(2, 4), "in place"),
    (nn.Sequential(nn.Linear(4, 4)), torch.randn(2, 4), "no shortcuts were found"),
    (
        nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 8, batch_first=True), 1),
        [torch.randn(1, 3, 8), torch.randn(1, 3, 8)],
        "multihead_attn: its branch takes more than the block's input",
    ),
]


@pytest.mark.parametrize(("net", "example", "reason"), REFUSED)
def test_what_cannot_be_left_out_is_refused_with_the_reason(
    net: nn.Module, example: Example, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        without_shortcuts(net, example)


def test_a_pass_that_takes_another_path_is_refused() -> None:
    twin = without_shortcuts(Wavering(), torch.randn(2, 4))
    with pytest.raises(RuntimeError, match="added 2 times in this pass and 1 times"):
        twin.train()(torch.randn(2, 4))
