"""Alias: `resnet_viz.quantities.quantity` under the name that it had in version 0.1.0."""

from __future__ import annotations

from resnet_viz.quantities.quantity import Along, Quantity

__all__ = ["Along", "Quantity"]
