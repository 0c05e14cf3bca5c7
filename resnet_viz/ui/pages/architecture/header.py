"""Header of the Architecture page: the net, its switch, its race against its twin, its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import full_size
from resnet_viz.arch.net_names import chips, deepened_name, net_title
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import PRESETS, SOURCES
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.short_race import short_race
from resnet_viz.scheduler.eta import about
from resnet_viz.store.database import StoreError
from resnet_viz.text import byte_size, compact
from resnet_viz.ui.pages.architecture.words import depth_words
from resnet_viz.ui.session.begun_race import begin_and_show
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.net import FROM_ARCHITECTURE, TWIN, show_net, shown, twin_of
from resnet_viz.ui.session.net_url import DEFAULT_NET, nickname
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, with_links
from resnet_viz.ui.widgets.page_texts import header, note

_SWITCH = "shortcuts_on"
_INTRODUCTION = """
<div class="introduction"><h1>Architecture</h1>
<p>A <b>shortcut</b> lets the signal, and the gradient, go around a block. Switch them off, then
race the two nets.</p></div>
"""
# Names beside their numbers, so that the graph starts high on a projector's 720 pixels.
_STYLE = """<style>
.stMainBlockContainer > [data-testid="stVerticalBlock"] {gap: .6rem}
.introduction {display: flex; flex-wrap: wrap; align-items: baseline; column-gap: 1rem}
.introduction h1 {font-size: 1.4rem; padding: 0; margin: 0}
.introduction p {margin: 0; flex: 1 1 20rem}
.st-key-net_title h2 {font-size: 1.4rem; padding: 0}
.st-key-net_title .stMarkdownBadge {color: inherit !important; white-space: normal}
.st-key-race_these_two button {min-height: 3rem}
.st-key-race_these_two button p {font-size: 1.15rem; font-weight: 600}
.st-key-numbers {gap: .25rem 2.25rem}
.st-key-numbers [data-testid="stMetric"] > div {
  display: grid; grid-template-columns: auto auto; justify-content: start; align-items: baseline;
  column-gap: .5rem}
.st-key-numbers [data-testid="stMetricLabel"] {grid-column: 1 / -1}
.st-key-narrow_preset {display: none}
@media (min-width: 769px) {.st-key-net_title {min-height: 5rem}}  /* two lines under the name */
@media (max-width: 768px) {
  .st-key-narrow_preset {display: flex}
  .st-key-numbers {gap: .25rem 1.25rem}
  .st-key-numbers [data-testid="stMetricValue"] {font-size: 1.25rem}
}
</style>"""

_DEPTH = (
    "Weighted layers one after the other, as in ResNet-34: the convolutions of the main path and "
    "the linear layer. Projections, gates and squeeze-and-excitation lie beside it and do not "
    "count."
)
_PARAMS = "Trainable parameters, including batch-norm scale and shift."
_MACS = (
    "Multiply-accumulates (a product and its addition) of convolutions and linear layers for one "
    "image; the papers call them FLOPs."
)
_SHORTCUTS = (
    "Paths around blocks, by kind: identity (x itself), zero-pad (option A), projection (a 1x1 "
    "convolution: options B and C). Each ends in one addition."
)
_MEMORY = "Tensors that training keeps for the backward pass, in float32, weights not counted."


def introduction() -> None:
    """Draw the name of the page and what it is about."""
    st.html(_STYLE)
    st.html(_INTRODUCTION)


def actions(config: ResNetConfig) -> None:
    """Draw the name of the net, the switch to its twin, and the button that races the two."""
    here = shown()
    base = here.base if here else DEFAULT_NET
    is_preset = PRESETS[base] == config
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row.container(width="stretch", gap=None, key="net_title"):
        title = net_title(config, base)
        st.set_page_config(page_title=f"{title} · Architecture · resnet_viz")
        header(title if is_preset else f"{title}:")
        if is_preset:
            st.caption(f"{plain(base)} · {with_links(plain(SOURCES[base]))}")
        else:
            st.markdown(" ".join(f":gray-badge[{plain(chip)}]" for chip in chips(config, base)))
    st.session_state[_SWITCH] = config.shortcut != "none"
    row.toggle(
        "Shortcuts",
        key=_SWITCH,
        on_change=lambda: show_net(twin_of(config)),
        help="Off: the plain twin, the same layers without shortcuts. On again: the shortcuts it "
        "had; those of a net that began plain are zero-padded (option A).",
    )
    with row.container(width="content", gap=None, key="race_them"):
        _race_button(config, base if is_preset else FROM_ARCHITECTURE)


def _race_button(config: ResNetConfig, choice: str) -> None:
    """Draw the button that starts a short race of the net and its twin, and what it will take;
    `choice` is what the Race page calls the net."""
    race, words = _short_race(config)
    pressed = st.button(
        "Race these two",
        type="primary",
        key="race_these_two",
        icon=":material/flag:",
        disabled=not race or is_gallery(),
        help="Train this network and its twin, with and without shortcuts, side by side and live.",
    )
    st.caption(plain(words))
    if not pressed or not race:
        return
    st.session_state["race_experiment"] = None
    st.session_state["race_first_net"] = choice
    st.session_state["race_second_net"] = TWIN
    try:
        begin_and_show(open_lab(), race)
    except (StoreError, ValueError) as error:
        message_box.error(f"The race was not started: {error}")


def _short_race(config: ResNetConfig) -> tuple[Sequence[RunSpec], str]:
    """The race of the net and its twin, and how long it takes; () and why there is none."""
    nets = (config, twin_of(config))
    try:
        lab = open_lab()
        race = short_race(nets, tuple(map(nickname, nets)), lab.expected_seconds)
        seconds = lab.expected_seconds(race)
    except (StoreError, ValueError) as error:
        return (), str(error)
    size = full_size(race[0].adapted.image_size)
    time = f": {about(seconds)}" if seconds else ""
    return race, f"{race[0].steps} steps on digits, {size} pixels{time}"


def headline(config: ResNetConfig) -> None:
    """Draw the numbers of the net, in a row that wraps; and why its name has another depth."""
    network = plan(config)
    here = shown()
    why = depth_words(network, deepened_name(config, here.base if here else DEFAULT_NET))
    row = st.container(horizontal=True, key="numbers")
    for name, value, detail, explanation in _numbers(network):
        row.metric(
            name,
            value,
            detail,
            help=f"{explanation} {why}" if name == "Depth" else explanation,
            delta_color="off",
            delta_arrow="off",
            width="content",
        )
    if why:
        note(why)


def _numbers(network: NetworkPlan) -> tuple[tuple[str, str, str, str], ...]:
    """Name, value, detail and explanation of each."""
    kinds = " · ".join(f"{n} {kind.replace('_', '-')}" for kind, n in network.shortcuts.items())
    shortcuts = str(sum(network.shortcuts.values()))
    return (
        ("Depth", str(network.depth), "layers", _DEPTH),
        ("Parameters", compact(network.params), f"{network.params:,}", _PARAMS),
        ("MACs", compact(network.macs), f"{network.macs:,}", _MACS),
        ("Shortcuts", shortcuts, kinds or "a plain net", _SHORTCUTS),
        ("Activations", byte_size(network.activation_bytes(1)), "one image", _MEMORY),
    )
