"""Relative button: adds a relative of a net, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.relatives import Relative
from resnet_viz.ui.widgets.markdown import plain


def relative_button(
    relative: Relative,
    net: ResNetConfig,
    prefix: str,
    add: Callable[[ResNetConfig], None],
    why_not: Callable[[ResNetConfig], str],
) -> None:
    """Draw the button that adds a relative of `net`, under a key that begins with `prefix`.

    `why_not` says why one is not taken, or "".
    """
    try:
        made = relative.make(net)
        refusal = why_not(made)
    except ValueError as error:
        made, refusal = net, f"Not for this net: {error}."
    st.button(
        relative.name,
        key=f"{prefix}{relative.name}",
        help=plain(refusal or relative.about),
        disabled=bool(refusal),
        on_click=add,
        args=(made,),
    )
