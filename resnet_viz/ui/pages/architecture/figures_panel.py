"""Figures tab: the net and its blocks as the papers draw them, for print; no torch."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from importlib.util import find_spec
from types import MappingProxyType

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.net_names import net_title
from resnet_viz.arch.plan import plan
from resnet_viz.ui.session.net import shown, twin_of
from resnet_viz.ui.widgets.downloads import file_name
from resnet_viz.ui.widgets.page_texts import note
from resnet_viz.views import labels
from resnet_viz.views.poster.figures import Varied
from resnet_viz.views.poster.poster import Poster, block_poster, poster, poster_name

_FORMATS = {".svg": "SVG", ".pdf": "PDF", ".png": "PNG, 300 dpi", ".tex": "TikZ"}
_NEED_TYPST = (".pdf", ".png")
_STYLE = """<style>
.poster {margin: 0; padding: .5rem; background: #fff; border: 1px solid #80808060; overflow: auto;
  text-align: center; border-radius: .5rem}
.poster img {max-width: 100%; height: auto}
</style>"""


def figures_panel(config: ResNetConfig) -> None:
    """Draw the choice of a figure, its downloads, what it shows, and the figure."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    chosen = row.selectbox(
        "Figure", tuple(FIGURES), key="figure", persist_state="session", width=290
    )
    draw, words = FIGURES[chosen]
    with row:
        made = draw(config)
    _downloads(made, config)
    note(words)
    st.html(f"{_STYLE}{_picture(made)}")


def _picture(made: Poster) -> str:
    """The figure as an image, since Streamlit takes drawings out of HTML."""
    data = b64encode(made.to_svg().encode()).decode()
    alt = escape(made.drawing.title, quote=True)
    source = f"data:image/svg+xml;base64,{data}"
    least = f"min({made.drawing.width:.0f}pt, 40rem)"
    image = f'<img src="{source}" alt="{alt}" style="min-width: {least}">'
    return f'<figure class="poster" tabindex="0">{image}</figure>'


def _downloads(made: Poster, config: ResNetConfig) -> None:
    with st.container(horizontal=True):
        for ending, words in _FORMATS.items():
            is_missing = ending in _NEED_TYPST and find_spec("typst") is None
            st.download_button(
                words,
                partial(made.encoded, ending),
                file_name(config, ending),
                key=f"figure{ending}",
                icon=":material/download:",
                on_click="ignore",
                disabled=is_missing,
                help='pip install "resnet-viz[app]"' if is_missing else None,
            )


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


FIGURES: Mapping[str, tuple[Callable[[ResNetConfig], Poster], str]] = MappingProxyType(
    {
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
)
"""A figure's name: how it is drawn, and what is said of it."""
