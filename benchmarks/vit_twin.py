"""A vision transformer and its plain twin on the 8x8 digits, from several seeds, for docs/.

    python -m benchmarks.vit_twin

12 blocks, width 96, patches of 2 pixels; 80 steps of AdamW. About half a minute a seed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz import without_shortcuts
from resnet_viz.training.tensors import load

SEEDS, STEPS, BATCH, RATE = range(3), 80, 64, 1e-3
LAST = 5
"""Steps of which the mean loss is told."""


def main() -> None:
    """Print the losses at the end of both nets, seed by seed."""
    torch.set_num_threads(1)
    data = load("digits")
    images, labels = data.images, data.labels
    for seed in SEEDS:
        net = vision_transformer(seed)
        twin = without_shortcuts(net, images[:2])
        count, others = (sum(p.numel() for p in one.parameters()) for one in (net, twin))
        assert count == others
        ends = [loss_at_the_end(one, images, labels, seed) for one in (net, twin)]
        print(
            f"seed {seed}: {count:,} parameters; {ends[0]:.2f}, its twin {ends[1]:.2f}", flush=True
        )


def vision_transformer(seed: int) -> nn.Module:
    """timm's, with its own initial weights."""
    from timm.models import VisionTransformer  # noqa: PLC0415  only where it is installed

    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"img_size": 8, "patch_size": 2, "in_chans": 1, "num_classes": 10}
    made: nn.Module = VisionTransformer(**sizes, embed_dim=96, depth=12, num_heads=3)
    return made


def loss_at_the_end(net: nn.Module, images: Tensor, labels: Tensor, seed: int) -> float:
    """The mean training loss of the last steps; both nets see the same minibatches."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE)
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(STEPS):
        chosen = torch.randint(len(labels), (BATCH,), generator=generator)
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(images[chosen]), labels[chosen])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-LAST:]) / LAST


if __name__ == "__main__":
    main()
