"""Places in the pictures that words of a lesson point at: [the scoreboard](#stage.scoreboard)."""

from __future__ import annotations

import re

from resnet_viz.text import unknown_name

PLACES = (
    "stage",
    "stage.scoreboard",
    "stage.nets",
    "stage.shortcuts",
    "stage.gradients",
    "stage.curves",
    "stage.sentence",
    "stage.transport",
    "figure",
    "prediction",
)
"""On the stage: accuracies and losses, the rows of blocks, the arcs above them, the pictures of the
gradient below them, loss and accuracy by step, the sentence above, the controls; the step's figure,
and its prediction."""
_LINK = re.compile(r"\]\(#([^)]*)\)")


def unknown_place(markdown: str) -> str:
    """A sentence about the first place that no picture has; "" for none."""
    wrong = [place for place in _LINK.findall(markdown) if place not in PLACES]
    return unknown_name("place", wrong[0], PLACES) if wrong else ""
