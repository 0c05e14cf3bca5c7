"""Widgets of the Compare page: which nets, and buttons for their relatives."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.presets import PRESETS, label
from resnet_viz.arch.relatives import Relative, deeper_sibling, other_version, with_option
from resnet_viz.ui.pages.compare.state import LEAST, LETTERS, MOST, Nets, show_nets
from resnet_viz.ui.session.net import open_net, shown_net
from resnet_viz.ui.session.net_url import from_text, to_text
from resnet_viz.ui.widgets.relative_button import relative_button

_SLOT = "compare.net."
_ADD = "compare.add"
_OF = "compare.of"
_IN_A_ROW = 3


def choose(nets: Nets) -> None:
    """Draw a box for each net, and one to add a net while there are fewer than six."""
    places = min(len(nets) + 1, MOST)
    columns = [
        column
        for _ in range(0, places, _IN_A_ROW)
        for column in st.columns(min(places, _IN_A_ROW), vertical_alignment="top")
    ]
    for index in range(len(nets)):
        with columns[index]:
            _slot(nets, index)
    if len(nets) < MOST:
        with columns[len(nets)]:
            st.session_state[_ADD] = None
            st.selectbox(
                "Add a network",
                _options(),
                format_func=_named,
                key=_ADD,
                placeholder="Choose a network to add",
                on_change=_add,
                args=(nets,),
            )


def _slot(nets: Nets, index: int) -> None:
    letter = LETTERS[index].upper()
    key = _SLOT + LETTERS[index]
    st.session_state[key] = to_text(nets[index])
    st.selectbox(
        f"Net {letter}",
        _options(nets[index]),
        format_func=_named,
        key=key,
        on_change=_replace,
        args=(nets, index),
        help="A preset, or the network from the Architecture page (first). Type to search.",
    )
    with st.container(horizontal=True, gap="small"):
        if st.button(
            f"Open {letter}",
            key=f"{key}.open",
            help=f"Open network {letter} on the Architecture page.",
        ):
            open_net(nets[index])
        st.button(
            f"Remove {letter}",
            key=f"{key}.remove",
            disabled=len(nets) <= LEAST,
            help="A comparison needs at least two networks." if len(nets) <= LEAST else None,
            on_click=show_nets,
            args=(nets[:index] + nets[index + 1 :],),
        )


def _options(own: ResNetConfig | None = None) -> list[str]:
    """Nets to choose from as the address writes them, each once; `own` is the one chosen."""
    made = [to_text(net) for net in (shown_net(), own) if net]
    return list(dict.fromkeys([*made, *PRESETS]))


def _named(option: str) -> str:
    return paper_name(option if option in PRESETS else label(from_text(option)))


def _replace(nets: Nets, index: int) -> None:
    chosen = from_text(st.session_state[_SLOT + LETTERS[index]])
    show_nets((*nets[:index], chosen, *nets[index + 1 :]))


def _add(nets: Nets) -> None:
    if option := st.session_state[_ADD]:
        show_nets((*nets, from_text(option)))


def relatives(nets: Nets) -> None:
    """Draw the buttons that add a relative of the chosen net."""

    def add(net: ResNetConfig) -> None:
        show_nets((*nets, net))

    def why_not(net: ResNetConfig) -> str:
        if net in nets:
            return f"Already here as network {LETTERS[nets.index(net)].upper()}."
        is_full = len(nets) == MOST
        return "That's the maximum of six networks. Remove one first." if is_full else ""

    if st.session_state.get(_OF) not in range(len(nets)):
        st.session_state[_OF] = 0
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = st.segmented_control(
            "Add a variant of",
            range(len(nets)),
            format_func=lambda i: LETTERS[i].upper(),
            key=_OF,
            required=True,
            help="Each button adds the same network with one change.",
        )
        for relative in _relatives_of(nets[index or 0]):
            relative_button(relative, nets[index or 0], "compare.press.", add, why_not)


def _relatives_of(config: ResNetConfig) -> Iterator[Relative]:
    """The relatives to add: plain twin, deeper sibling, options A to C, v1 or v1.5."""
    yield Relative("Plain twin", plain_twin, "The same layers, without shortcuts.")
    deeper_help = "The next published depth of its family, or one more block in each stage."
    yield Relative("Deeper sibling", deeper_sibling, deeper_help)
    a = "Zero-padded shortcuts where the shape changes, so no weights (He et al. 2015, sec. 3.3)."
    b = "Projections where the shape changes, identities elsewhere (He et al. 2015, sec. 3.3)."
    c = "Every shortcut is a projection (He et al. 2015, sec. 3.3)."
    yield Relative("Option A", lambda net: with_option(net, "A"), a)
    yield Relative("Option B", lambda net: with_option(net, "B"), b)
    yield Relative("Option C", lambda net: with_option(net, "C"), c)
    is_v1 = config.stride_on == "1x1" and config.block == "bottleneck"
    text, place = ("v1.5", "3x3") if is_v1 else ("v1", "first 1x1")
    yield Relative(text, other_version, f"Stride 2 on a bottleneck's {place}.")
