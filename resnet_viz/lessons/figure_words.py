"""Words of the figures in a lesson: titles, legends, hovers and notes in its language.

A figure is made in English, for all rooms. Its texts are found again here: each is one of `TEXTS`,
in which braces stand for what differs, and is put together anew from the translation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from resnet_viz.figures.layer_profile import NOT_YET
from resnet_viz.figures.style import WAITING
from resnet_viz.text import Words

TEXTS: Sequence[str] = (
    "accuracy",
    "block deleted, from input to output",
    "block, from input to output",
    "branch variance over shortcut's",
    "cosine",
    "depth (weighted layers)",
    "depth [weighted layers]",
    "effective rank exp H(λ)",
    "gradient norm ‖∂L/∂W‖",
    "gradient, first block over last",
    "gradient, relative to last block",
    "growth per layer",
    "k, the block's number in its stage",
    "layer, from input to output",
    "layers from the output (input at left)",
    "layers to the output",
    "loss [nats]",
    "point on the line",
    "share of wrong answers<br>without the block",
    "shortcut's share of the gradient",
    "step",
    "theory",
    "theory (De & Smith 2020)",
    "theory: {factor}x per layer (Yang 2019)",
    "training loss at the end [nats]",
    "plain nets",
    "residual nets",
    NOT_YET,
    WAITING,
    "<b>block {x}</b>",
    "<b>layer {x}</b>",
    "<b>step {x}</b>",
    "{value}<extra>{net}, accuracy</extra>",
    "{value}<extra>{net}, loss</extra>",
    "{value}<extra>{net}, projection: {layer}</extra>",
    "{value}<extra>{net}, gate: {layer}</extra>",
    "points {x} and {y}: {z}<extra></extra>",
    "{value}<extra>plain nets</extra>",
    "{value}<extra>residual nets</extra>",
    "depth {depth}, {x} layers left: {y}",
    "depth {x}: {y}",
    "depth {x}",
    "block {x}: {y}",
    "{x} layers left: {y} per layer",
    "fit: {base}^(layers left)",
    "(depth)^{power}",
    "{base}^(depth)",
    "guessing: {loss}",
    "stage {number}",
    "step {step}",
    "seed {seed}: {loss} nats",
    "not shown of {net}: {what}",
    "not shown: values of {nets}, {what}",
    "{net}: loss {what}",
    "{count} not there or not finite",
    "{net}: {count} not there or not finite",
    "{what} since step {step}",
    "{what} in {count} steps, first at step {step}",
    "{what} at step {step}",
    "{count} layers {what}",
    "{count} blocks {what}",
    "1 layer {what}",
    "1 block {what}",
    "exactly 0",
    "not finite",
    "{net} (step {step})",
    "{net}, projections",
    "{net}, gates",
    "{net}, seed {seed}",
)
"""The first that fits is taken: those that say more come first. What stands for braces is
translated, too."""


def spoken(figure: go.Figure, say: Words) -> go.Figure:
    """The figure with its texts in the words of `say`."""
    return go.Figure(_spoken(figure.to_plotly_json(), say))


def _spoken(part: Any, say: Words) -> Any:
    if isinstance(part, Mapping):
        return {key: _value(key, value, say) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_spoken(one, say) for one in part]
    return part


def _value(key: str, value: Any, say: Words) -> Any:
    if key not in ("text", "name", "hovertemplate"):
        return _spoken(value, say)
    if isinstance(value, str):
        return said(value, say)
    if isinstance(value, list | tuple):
        return [said(one, say) for one in value]
    return _spoken(value, say)


def said(text: str, say: Words) -> str:
    """A text of a figure in the words of `say`; one that is none of ours, as a name, stays."""
    for ours in TEXTS:
        if found := _pattern(ours).fullmatch(text):
            parts = {name: said(part, say) for name, part in found.groupdict().items()}
            return say(ours).format(**parts)
    return text


@lru_cache(maxsize=len(TEXTS))
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(text)))
