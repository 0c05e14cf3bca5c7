"""Initialisation page: drag the depth, see how the gradient grows before the first step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from resnet_viz.arch.config import explain
from resnet_viz.figures import at_initialisation_charts as plots
from resnet_viz.findings.theory.new_net import New
from resnet_viz.text import number
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.initialisation import results
from resnet_viz.ui.pages.initialisation.choice import depth_slider, notice, read_address, switches
from resnet_viz.ui.pages.initialisation.settings import Settings, described, to_query
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note, title

_CSS = Path(__file__).with_name("page.css")


def initialisation_page() -> None:
    """Draw the page, and write its settings into the address."""
    read_address()
    st.html(_CSS)
    title("Before the first step")
    note(
        "A new net and its plain twin, one batch forward and backward: what depth does to the "
        "gradient on its way back to the input, before anything is learnt."
    )
    with st.sidebar:
        switched = switches()
    settings = Settings(depth=depth_slider(), **switched)
    query = to_query(settings)
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    if problem := notice(settings):
        message_box.error(problem)
    if complaint := _complaint(settings):
        message_box.error(f"These settings make no net: {complaint}.")
        return
    _show(settings)


def _complaint(settings: Settings) -> str:
    try:
        settings.config()
        settings.twin()
    except ValueError as error:
        return explain(error)
    return ""


def _show(settings: Settings) -> None:
    with st.container():  # so that what is below stays in its place, and is not drawn anew
        now = results.pair(settings)
        if now:
            st.markdown(plain(" ".join(plots.story(net) for net in now)))
        elif before := results.before():
            of = described(before[0], settings)
            st.markdown(plain(f"Until then the nets before, of {of}, are shown."))
    if now:
        _draw(settings, now)
    elif before:
        _draw(*before)
    else:
        return
    with st.container():
        rest = results.rest(settings) if now else None
        shown = rest or results.rest_before()
        if now and shown and not rest:
            of = described(shown.of, settings)
            st.markdown(plain(f"Until then the previous net, {of}, is shown."))
    if shown:
        _branches(shown.net)
        _shattering(shown.shattered)


def _draw(settings: Settings, now: results.Pair) -> None:
    family = results.others(settings)
    earlier = [net for both in family if both != now for net in both]
    live_chart(plots.profile(now, earlier), "initialisation_profile", 400, alt=plots.alt(now))
    note(
        "The norm of the gradient at each block's input, relative to the last block's "
        "(logarithmic axis). On a straight line each layer multiplies it by the same factor. Faint "
        "lines: other depths. Dotted: a factor per layer or a power law, where one fits. Grey: "
        "mean field theory, beside plain nets that it describes (Yang et al. 2019, "
        "arXiv:1902.08129; without norm, He et al. 2015, arXiv:1502.01852, and the zeros around "
        "the maps)."
    )
    left, right = st.columns(2)
    with left:
        _by_depth(settings, family)
    with right:
        _per_layer(now)


def _by_depth(settings: Settings, family: Sequence[results.Pair]) -> None:
    families = [[both[place] for both in family] for place in (0, 1)]
    header("Growth with depth")
    alt = "The gradient at the first block over that at the last, by depth."
    live_chart(plots.by_depth(families), "initialisation_by_depth", 340, alt=alt)
    stories = " ".join(filter(None, (plots.depth_story(nets) for nets in families)))
    note(
        "The gradient at the first block over that at the last, for every depth measured "
        "with these settings. "
        + (plain(stories) or "From three depths on, an exponential and a power law are fitted.")
    )
    results.series(settings)


def _per_layer(now: results.Pair) -> None:
    header("Growth per layer")
    alt = "By what factor the gradient grows per layer, block by block."
    live_chart(plots.per_layer(now), "initialisation_per_layer", 340, alt=alt)
    note(
        "The factor by which a block multiplies the gradient's norm on its way back, per layer. "
        "Theory says 1.211x for plain batch-norm nets with wide layers and large batches, on maps "
        "of one pixel; the borders of larger maps lower it to between 1.15x and 1.20x."
    )


_THEORY_WORDS = {
    True: "Grey: theory for pre-activation nets with batch norm, whose branches all add the same. "
    "The sum starts again at a projection and halves at a zero-padded shortcut (De & Smith 2020, "
    "arXiv:2002.10444).",
    False: "With batch norm it falls from block to block, so later blocks change less and less; "
    "without norm it stays constant (De & Smith 2020, arXiv:2002.10444).",
}


def _branches(net: New) -> None:
    header("What the branches add")
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        alt = "Branch variance over shortcut variance by the block's number in its stage."
        live_chart(plots.branches(net), "initialisation_branches", 320, alt=alt)
    with right:
        typical = number(float(np.nanmedian(net.times_k)))
        theory = net.predicted_branches is not None
        note(
            "Variance that a block's branch adds, relative to what its shortcut passes on "
            f"(residual net; median of ratio x k: **{typical}**). {_THEORY_WORDS[theory]}"
        )


def _shattering(shattered: results.Shattered) -> None:
    header("Shattering")
    maps = [np.array(one["similarity"], dtype=float) for one in shattered.values()]
    alt = "Cosines of the input gradients of points on a line, for each net."
    live_chart(plots.shattering(maps, list(shattered)), "initialisation_shattering", 380, alt=alt)
    cosines = [float(np.squeeze(one["cosine"])) for one in shattered.values()]
    means = ", ".join(
        f"**{number(value, 2)}** in the {name}"
        for name, value in zip(shattered, cosines, strict=True)
    )
    note(
        "Between two images lie 64 points; each has a gradient by its pixels, and the maps show "
        "the cosine of any two. Where only the diagonal is left, a point's gradient says nothing "
        "about its neighbour's: it looks like noise. Mean cosine of neighbours: "
        f"{means} (Balduzzi et al. 2017, arXiv:1702.08591)."
    )
