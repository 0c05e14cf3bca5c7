"""Net of a session: the one on the Architecture page, and its origin."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.net_names import nearest_preset
from resnet_viz.arch.presets import PRESETS, label, preset_name
from resnet_viz.arch.relatives import residual_twin
from resnet_viz.ui.session.net_url import to_query

FROM_ARCHITECTURE = "the net from the Architecture page"
"""What a choice of nets on another page calls the session's net."""
TWIN = "its twin"
"""What the choice of a race's second net calls the first one's twin."""

_SHOWN = "net_on_show"
_EARLIER = "earlier_nets"
_RACE = "race_nets"
_MOST_UNDONE = 100


class Shown(NamedTuple):
    """The shown net: the preset it began as, and the residual net that it was before it was plain.

    `residual` is the net itself while it has shortcuts, and None where no such net is known.
    """

    config: ResNetConfig
    base: str
    residual: ResNetConfig | None


def shown() -> Shown | None:
    """The shown net of this session, with its origin; None before the Architecture page was ever
    open.

    Each `show_net` makes a new object, even where it shows the same net again.
    """
    here: Shown | None = st.session_state.get(_SHOWN)
    return here


def shown_net() -> ResNetConfig | None:
    """The shown net of this session; None before the Architecture page was ever open."""
    here = shown()
    return here.config if here else None


def show_net(config: ResNetConfig, base: str | None = None) -> None:
    """Make `config` the session's net. The Architecture page's form is filled from it.

    `base` is the preset that it began as. Without it that is the one equal to `config`, else that
    of the net on show if `config` is its twin, else the nearest.
    """
    before = shown()
    if before and config not in (plain_twin(before.config), twin_of(before.config)):
        before = None
    base = base or preset_name(config) or (before.base if before else nearest_preset(config))
    _show(config, base, before)


def change_net(config: ResNetConfig) -> None:
    """Change the shown net by hand; its origin stays known."""
    before = shown()
    base = before.base if before else nearest_preset(config)
    if PRESETS[base] != config:
        base = preset_name(config) or base
    _show(config, base, before)


def twin_of(config: ResNetConfig) -> ResNetConfig:
    """The twin: plain for a residual net; residual for a plain net, with the shortcut it had."""
    if config.shortcut != "none":
        return plain_twin(config)
    here = shown()
    return residual_twin(config, here.residual if here and here.config == config else None)


def open_net(config: ResNetConfig) -> NoReturn:
    """Make `config` the session's net and show it on the Architecture page.

    The address is complete before that page runs: were it to write its own, the browser would
    keep one entry with it and one without, and Back would lead from the one to the other.
    """
    show_net(config)
    here = shown()
    query = to_query(config, here.base if here else None)
    st.switch_page("pages/architecture.py", query_params=query)


def ask_for_race(first: ResNetConfig, second: ResNetConfig, *more: ResNetConfig) -> NoReturn:
    """Go to the Race page and choose these nets there, presets or not."""
    offer_for_race(first, second)
    st.session_state["race_experiment"] = None
    st.session_state["race_first_net"] = label(first)
    st.session_state["race_second_net"] = label(second)
    st.session_state["race_more_nets"] = more
    st.switch_page("pages/race.py")


def offer_for_race(*nets: ResNetConfig) -> None:
    """Offer these nets in the Race page's boxes, which hold labels, beside the presets."""
    st.session_state[_RACE] = nets


def asked_race() -> tuple[ResNetConfig, ...]:
    """The nets that another page, or the address, last chose for the Race page; () for none."""
    asked: tuple[ResNetConfig, ...] = st.session_state.get(_RACE, ())
    return asked


def can_undo() -> bool:
    """Whether there was another net before this one."""
    return bool(st.session_state.get(_EARLIER))


def undo() -> None:
    """Go back to the net before the last change, if there was one."""
    if can_undo():
        st.session_state[_SHOWN] = st.session_state[_EARLIER].pop()


def go_to(config: ResNetConfig, base: str | None) -> None:
    """Show the net of an address, to which Back may have led: then it undoes the last change."""
    here, earlier = shown(), st.session_state.get(_EARLIER)
    if earlier and earlier[-1].config == config:
        undo()
    elif here is None or here.config != config:
        show_net(config, base)


def _show(config: ResNetConfig, base: str, before: Shown | None) -> None:
    """`before` is the net that `config` was made from, if it was."""
    left = shown()
    if left and left.config != config:
        st.session_state[_EARLIER] = [*st.session_state.get(_EARLIER, []), left][-_MOST_UNDONE:]
    former = before.residual if before else None
    residual = former if config.shortcut == "none" else config
    st.session_state[_SHOWN] = Shown(config, base, residual)
