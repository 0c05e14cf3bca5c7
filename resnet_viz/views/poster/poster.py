"""Posters: figures for print, in the manner of the papers, of any net or block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.net_names import nearest_preset, net_title
from resnet_viz.arch.presets import preset_name
from resnet_viz.cells import ShownInCells
from resnet_viz.text import distinct, unknown_name
from resnet_viz.views.poster.drawing import Drawing
from resnet_viz.views.poster.figures import VARIED, Varied, block_drawing, variants_drawing
from resnet_viz.views.poster.network import network_drawing
from resnet_viz.views.poster.print_file import DPI, to_pdf, to_png
from resnet_viz.views.poster.svg import write_svg
from resnet_viz.views.poster.tikz import write_tikz

LARGEST_PAGE = 14_400
"""Points a side of a PDF page; TeX stops a little later."""
MOST_PIXELS = 50_000_000
"""Pixels of a PNG: 200 MB while it is drawn."""


class Poster(ShownInCells):
    """A figure for print, with its writers; `drawing` is what it is made of, in points."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def __repr__(self) -> str:
        size = f"{self.drawing.width:.0f} x {self.drawing.height:.0f} pt"
        return f"Poster({self.drawing.title}: {size})"

    def to_svg(self) -> str:
        """The figure as SVG, on white ground; its text stays text."""
        return write_svg(self.drawing)

    def to_tikz(self) -> str:
        """The figure as a LaTeX file of the class standalone, drawn by TikZ alone.

        Raises:
            ValueError: if it is too large for TeX.
        """
        self._check_page("TeX")
        return write_tikz(self.drawing)

    def to_pdf(self) -> bytes:
        """The figure as a PDF page of its own size, with the fonts in it.

        Raises:
            ModuleNotFoundError: without the library typst; the error says how to install it.
            ValueError: if it is too large for a page.
        """
        self._check_page("PDF")
        return to_pdf(self.drawing)

    def to_png(self, dpi: float = DPI) -> bytes:
        """The figure as a PNG of `dpi` pixels per inch.

        Raises:
            ModuleNotFoundError: without the library typst; the error says how to install it.
            ValueError: for more than `MOST_PIXELS`.
        """
        pixels = self.drawing.width * self.drawing.height * (dpi / 72) ** 2
        if pixels > MOST_PIXELS:
            raise ValueError(
                f"a PNG of {pixels / 1e6:,.0f} million pixels is too large; at most "
                f"{MOST_PIXELS // 10**6} million are drawn: write SVG, or fold alike blocks"
            )
        return to_png(self.drawing, dpi)

    def save(self, path: str | Path) -> None:
        """Write the figure to a file; its ending says in which format: .svg, .pdf, .png or .tex.

        Raises:
            ValueError: for another ending.
        """
        Path(path).write_bytes(self.encoded(Path(path).suffix))

    def encoded(self, ending: str) -> bytes:
        """The figure as the bytes of a file with this ending, one of `WRITERS`."""
        if ending.lower() not in WRITERS:
            raise ValueError(unknown_name("ending of a poster's file", ending, tuple(WRITERS)))
        made = WRITERS[ending.lower()](self)
        return made if isinstance(made, bytes) else made.encode()

    def _check_page(self, form: str) -> None:
        side = max(self.drawing.width, self.drawing.height)
        if side > LARGEST_PAGE:
            raise ValueError(
                f"the poster is {side:,.0f} points long, and {form} allows {LARGEST_PAGE:,}; "
                "write SVG, or fold alike blocks"
            )


WRITERS: Mapping[str, Callable[[Poster], str | bytes]] = {
    ".svg": Poster.to_svg,
    ".pdf": Poster.to_pdf,
    ".png": Poster.to_png,
    ".tex": Poster.to_tikz,
}
"""Endings of files: how each is written."""


def poster(
    *configs: ResNetConfig, names: Sequence[str] | None = None, fold: bool | None = None
) -> Poster:
    """Nets beside each other in the manner of He et al. 2015, Fig. 3: a box per layer.

    Args:
        configs: the nets, from left to right, such as `plain_twin(net), net`.
        names: what they are called; else as on the pages, such as "ResNet-34, changed".
        fold: draw long runs of alike blocks as one box; None does so in nets of more than 70
            layers.

    Raises:
        ValueError: without a net, or if `names` are not as many.
    """
    if not configs:
        raise ValueError("a poster needs at least one net")
    if names is not None and len(names) != len(configs):
        raise ValueError(f"names = {list(names)}: give one for each of the {len(configs)} nets")
    called = names or distinct(map(poster_name, configs))
    return Poster(network_drawing(configs, called, fold=fold))


def block_poster(
    config: ResNetConfig,
    block: str | None = None,
    *,
    vary: Varied | None = None,
    operations: bool | None = None,
    name: str | None = None,
) -> Poster:
    """One block of a net with its equations, or variants of it beside each other.

    Args:
        config: the net.
        block: which one, such as "stages.1.0"; else the first that keeps the shape.
        vary: a field, each of whose values is drawn: "block" (He et al. 2015, Fig. 5),
            "shortcut_transform" or "activation_order" (He et al. 2016, Fig. 2 and 4).
        operations: give norms and activations boxes, too, as in He et al. 2016; None does so where
            the block is not of the original form.
        name: what the net is called.

    Raises:
        ValueError: for a block that the net does not have, or a field that is not drawn.
    """
    called = name or poster_name(config)
    if vary is None:
        return Poster(block_drawing(config, called, block, operations=operations))
    if vary not in VARIED:
        raise ValueError(unknown_name("field to vary", vary, tuple(VARIED)))
    return Poster(variants_drawing(config, called, vary))


def poster_name(config: ResNetConfig) -> str:
    """What a net is called over its column: "ResNet-34", or "ResNet-34, changed"."""
    return net_title(config, preset_name(config) or nearest_preset(config))
