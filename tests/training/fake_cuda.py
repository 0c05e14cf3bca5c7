"""A step of training on fake CUDA tensors: they have no numbers, and whatever reads one raises.

Backward is left out, for autograd's engine asks for the device itself: gradients are given.
`python -m tests.training.fake_cuda` fails where a step would not run on CUDA, or not stay there.
"""

from __future__ import annotations

from functools import partial

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import ResNet
from resnet_viz.training.hooks import tap
from resnet_viz.training.passing import Unfinished
from resnet_viz.training.probes import Instruments
from resnet_viz.training.update.optimizer_step import Updates
from resnet_viz.training.update.precision import autocast


def main() -> None:
    """One step in float16 with all quantities, clipped."""
    spec = RunSpec(config=preset("resnet20-cifar"), precision="float16", clip_grad_norm=1.0)
    network = plan(spec.adapted)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda:0"):
        net, images = ResNet(network), torch.empty(64, 1, 8, 8)
        layers = [net.get_parameter(f"{layer.name}.weight") for layer in network.weighted_layers]
        updates = Updates(spec, net.parameters(), images.device)
        instruments = Instruments(layers, net.parameters(), spec.quantities, partial(tap, net))
        instruments.arm(0)
        with autocast(images.device, spec.precision):
            logits = net(images)
        assert logits.shape == (64, 10)
        loss = functional.cross_entropy(logits.float(), torch.empty(64, dtype=torch.int64))
        instruments.after_forward(updates.loss_scale)
        for parameter in net.parameters():
            parameter.grad = torch.empty_like(parameter)
        instruments.after_backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        # The fused update, which runs use, has no fake kernel.
        torch.optim.SGD(net.parameters(), spec.lr, spec.momentum, foreach=True).step()
        found = instruments.collect()
    assert {"grad_norm", "update_ratio", "branch_ratio", "effective_rank"} <= set(found)
    for one in found.values():
        for tensor in one.parts if isinstance(one, Unfinished) else [one]:
            assert tensor.device == torch.device("cuda:0")
            assert tensor.dtype == torch.float32
    assert loss.device == torch.device("cuda:0")


if __name__ == "__main__":
    main()
