"""Pointing words: links of a text that light up places in the pictures of their page."""

from __future__ import annotations

from resnet_viz.ui.components.component import component

_VIEW = component(__file__, "pointing_words")


def pointing_words(key: str) -> None:
    """Have links such as [the arcs](#stage.shortcuts) light up their place, by hover, by focus and
    by a tap. The stage hears of its own places by an event "resnet-viz-point"."""
    _VIEW(key=key, data={})
