"""Gradients at additions of nets that were not written here, against float64 `autograd.grad`."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from resnet_viz.traced.data_graph import DataGraph, Recorder, Value
from resnet_viz.traced.flows import hook_flows
from resnet_viz.traced.libraries import named_net
from resnet_viz.traced.shortcuts import additions

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_thread")]

POINTS = ("grad_input", "grad_shortcut", "grad_branch")
OF_IMAGES = (
    *("torchvision:resnet18", "timm:resnet26d", "timm:convnext_atto"),
    *("torchvision:mobilenet_v3_small", "vit"),
)


def _net(name: str) -> tuple[nn.Module, Tensor]:
    if name == "gpt2":
        return _language_model()
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    if name == "vit":
        timm = pytest.importorskip("timm")
        sizes = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 3, "num_heads": 2}
        return timm.models.VisionTransformer(**sizes), images
    return named_net(name), images


def _language_model() -> tuple[nn.Module, Tensor]:
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(n_layer=2, n_head=2, n_embd=16, vocab_size=50, n_positions=16)
    return transformers.GPT2LMHeadModel(config), torch.randint(50, (2, 8))


@pytest.mark.parametrize("name", [*OF_IMAGES, "gpt2"])
def test_the_parts_of_a_gradient_are_autograds(name: str) -> None:
    torch.manual_seed(0)
    model, given = _net(name)
    logits, graph = _recorded(model.double().eval(), given)
    loss = logits.logsumexp(-1).mean()
    found = additions(graph)
    assert len(found) >= 4
    seen: list[dict[str, Tensor]] = [{} for _ in found]
    wanted = [_wanted(graph, one, loss) for one in found]
    for one, own in zip(found, seen, strict=True):
        hook_flows(graph, one, partial(_keep, own))
    loss.backward()
    for own, expected in zip(seen, wanted, strict=True):
        for point in POINTS:
            torch.testing.assert_close(own[point], expected[point], rtol=1e-9, atol=1e-15)
        total = own["grad_shortcut"] + own["grad_branch"]
        torch.testing.assert_close(total, own["grad_input"], rtol=1e-9, atol=1e-15)


def _keep(own: dict[str, Tensor], point: str, gradient: Tensor) -> None:
    own[point] = gradient.clone()


def _recorded(model: nn.Module, given: Tensor) -> tuple[Tensor, DataGraph]:
    recorder = Recorder(model)
    for module, hook in recorder.hooks():
        module.register_forward_hook(hook)
    output = model(given)
    logits = output if isinstance(output, Tensor) else output.logits
    return logits, DataGraph(model, [logits], recorder.modules_at)


def _wanted(graph: DataGraph, addition: Any, loss: Tensor) -> dict[str, Tensor]:
    """The same by torch alone: what reaches each operand, taken back through its own path."""
    grad = partial(torch.autograd.grad, retain_graph=True)
    (at_sum,) = grad(loss, GradientEdge(addition.node, 0))
    (source,) = {v for n in addition.on_branch for v in graph.taken(n) if v.node is addition.source}
    start = GradientEdge(*source)

    def through(operand: Value) -> Tensor:
        if operand == source:
            return at_sum
        (part,) = grad(GradientEdge(*operand), start, grad_outputs=at_sum)
        return part

    (whole,) = grad(loss, start)
    (branch,) = addition.branches
    return {
        "grad_input": whole,
        "grad_shortcut": through(addition.shortcut),
        "grad_branch": through(branch),
    }
