"""Figures tab: the net and its blocks as the papers draw them, for print; no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.net_names import net_title
from resnet_viz.arch.plan import plan
from resnet_viz.ui.session.net import shown, twin_of
from resnet_viz.ui.widgets.downloads import file_name
from resnet_viz.ui.widgets.figure import downloads, picture
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.views import labels
from resnet_viz.views.poster.figures import Varied
from resnet_viz.views.poster.poster import Poster, block_poster, poster, poster_name


def figures_panel(config: ResNetConfig) -> None:
    """Draw the choice of a figure, its downloads, what it shows, and the figure."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    chosen = row.selectbox(
        "Figure", tuple(FIGURES), key="figure", persist_state="session", width=290
    )
    draw, words = FIGURES[chosen]
    with row:
        made = draw(config)
    downloads(made, file_name(config, ""), "figure")
    note(words)
    picture(made)


def _name(config: ResNetConfig) -> str:
    here = shown()
    return net_title(config, here.base) if here else poster_name(config)


def _network(config: ResNetConfig) -> Poster:
    other = twin_of(config)
    pair = [(config, _name(config)), (other, poster_name(other))]
    pair.sort(key=lambda one: one[0].shortcut != "none")
    nets, names = zip(*pair, strict=True)
    return poster(*nets, names=names)


def _alone(config: ResNetConfig) -> Poster:
    return poster(config, names=[_name(config)])


def _block(config: ResNetConfig) -> Poster:
    blocks = {block.unit: block.name for block in reversed(tuple(plan(config).blocks))}
    names = tuple(reversed(blocks.values()))
    chosen = st.selectbox("Block", names, key="figure_block", format_func=labels.place, width=190)
    detailed = st.toggle("Draw norms and activations, too", key="figure_operations")
    return block_poster(config, chosen, operations=detailed or None, name=_name(config))


def _varied(field: Varied) -> Callable[[ResNetConfig], Poster]:
    return lambda config: block_poster(config, vary=field, name=_name(config))


FIGURES: Mapping[str, tuple[Callable[[ResNetConfig], Poster], str]] = {
    "The network beside its twin": (
        _network,
        "A box per layer, as in Figure 3 of He et al. 2015. Curves are shortcuts, dotted "
        "where they project or pad with zeros. Norms and activations are not drawn.",
    ),
    "The network alone": (
        _alone,
        "A box per layer, as in Figure 3 of He et al. 2015. In nets of more than 70 layers, "
        "runs of equal blocks are one box.",
    ),
    "One block": (
        _block,
        "A block with its equations, as in Figure 2 of He et al. 2015. With norms and "
        "activations it looks as in Figure 1 of He et al. 2016.",
    ),
    "Basic and bottleneck blocks": (
        _varied("block"),
        "Both kinds of blocks, as in Figure 5 of He et al. 2015, each with what it costs for "
        "one image.",
    ),
    "Shortcut transforms": (
        _varied("shortcut_transform"),
        "What may lie on a shortcut, as in Figure 2 of He et al. 2016. The grey way is the "
        "shortcut: every box on it stands in the way of signal and gradient.",
    ),
    "Activation orders": (
        _varied("activation_order"),
        "Where norm and activation may stand, as in Figure 4 of He et al. 2016. A box "
        "below an addition stands in the way of all later blocks.",
    ),
}
"""A figure's name: how it is drawn, and what is said of it."""
