"""Figures that a lesson may show of each kind of measurement, by name."""

from collections.abc import Mapping
from types import MappingProxyType

FIGURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "race": ("loss", "gradients", "rank", "shares"),
        "sweep": ("loss_by_depth",),
        "new_nets": ("gradients", "by_depth", "per_layer", "branches", "shattering"),
        "removal": ("errors",),
        "counts": ("table", "blocks", "paths"),
        "notebook": ("table", "losses", "gradients"),
    }
)
"""race: loss and accuracy by step; gradient norm by layer at step 0; the blocks' effective rank at
the end; the shortcut's share of the gradient at step 0. sweep: training loss by depth. new_nets:
gradient by block with theory, its ratio by depth, its factor per layer, branch variance, cosines of
neighbours. removal: error without each block. counts: parameters and costs, one block of each net
as a graph, and the 2^n paths through a small net. notebook: the programs side by side, their
training loss by step, and the gradient norm by layer before it."""
MOST_BLOCKS = 5
"""Of a net whose paths are drawn: each block doubles them."""
