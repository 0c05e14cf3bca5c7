"""Pointing words: links of a text that light up places in the pictures of their page."""

from __future__ import annotations

from resnet_viz.ui.components.component import component

_VIEW = component(__file__, "pointing_words")


def pointing_words(key: str, of: str) -> None:
    """Have links such as [the arcs](#stage.shortcuts) light up their place, by hover, by focus and
    by a tap; the stage hears of its own by an event "resnet-viz-point".

    What the page is `of`, such as a step, begins at its top.
    """
    _VIEW(key=key, data={"of": of})
