"""State of the Compare page: its nets are in the address, so that a link opens them elsewhere.

They are in the session too, because Streamlit drops the address's query when the page is switched.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.presets import preset
from resnet_viz.arch.relatives import deeper_sibling
from resnet_viz.ui.session.net import shown_net
from resnet_viz.ui.session.net_url import DEFAULT_NET, from_text, to_text

Nets = tuple[ResNetConfig, ...]

LETTERS = ("a", "b", "c", "d", "e", "f")
LEAST, MOST = 2, len(LETTERS)
_NETS = "compare_nets"
_NOTICE = "compare_notice"


def current_nets() -> Nets:
    """The nets of the address, else the session's own, which are then written into the address."""
    linked = {letter: st.query_params[letter] for letter in LETTERS if letter in st.query_params}
    own: Nets = st.session_state.get(_NETS, ())
    if linked and linked != _query(own):
        nets, problems = read(linked)
        show_nets(completed(nets, shown_net()))
        st.session_state[_NOTICE] = " ".join(problems)
    else:
        _write(own or completed((), shown_net()))
    return tuple(st.session_state[_NETS])


def notice() -> str:
    """The problems of the address; "" if none."""
    return str(st.session_state.get(_NOTICE, ""))


def show_nets(nets: Sequence[ResNetConfig]) -> None:
    """Make `nets` the compared nets of this session."""
    _write(tuple(nets))
    st.session_state[_NOTICE] = ""


def read(linked: dict[str, str]) -> tuple[Nets, list[str]]:
    """The nets of an address by letter, and a sentence for each that is invalid."""
    nets: list[ResNetConfig] = []
    problems: list[str] = []
    for letter, text in linked.items():
        try:
            nets.append(from_text(text))
        except ValueError as error:
            problems.append(f"Ignored net {letter.upper()} in this link: {error}.")
    return tuple(nets), problems


def completed(nets: Nets, first: ResNetConfig | None) -> Nets:
    """At least two nets: `first` (else ResNet-34) if there is none, then a relative of it."""
    nets = nets or (first or preset(DEFAULT_NET),)
    return nets if len(nets) >= LEAST else (*nets, _partner(nets[0]))


def _partner(config: ResNetConfig) -> ResNetConfig:
    """The plain twin of a residual net; the deeper sibling of a plain one."""
    if config.shortcut != "none":
        return plain_twin(config)
    try:
        return deeper_sibling(config)
    except ValueError:
        return preset(DEFAULT_NET)


def _write(nets: Nets) -> None:
    st.session_state[_NETS] = nets
    if st.query_params.to_dict() != _query(nets):
        st.query_params.from_dict(_query(nets))


def _query(nets: Nets) -> dict[str, str]:
    return dict(zip(LETTERS, map(to_text, nets), strict=False))
