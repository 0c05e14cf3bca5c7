"""Cells: how objects show themselves in a notebook; what draws them is loaded when one does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

Bundle = Mapping[str, str]
"""What a cell shows, by media type."""


class ShownInCells:
    """What shows itself as HTML and text where it is the value of a cell, in Jupyter and marimo."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return mimebundle(self)


def mimebundle(value: object) -> Bundle:
    """The HTML and the text of a value, by their media types."""
    bundle: Bundle = import_module("resnet_viz.notebook.bundles").bundle(value)
    return bundle
