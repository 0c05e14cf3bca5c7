"""PDF and PNG from the SVG, by the library typst: no program, and no font, need be installed."""

from __future__ import annotations

from typing import Literal

from resnet_viz.extras import missing
from resnet_viz.views.poster.drawing import Drawing
from resnet_viz.views.poster.svg import write_svg

DPI = 300
"""What printers ask for."""
_PAGE = b"""
#set page(width: auto, height: auto, margin: 0pt)
#set document(title: sys.inputs.title, date: none)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)
"""


def to_pdf(drawing: Drawing) -> bytes:
    """The drawing as a PDF of its own size, with its fonts in it."""
    return _compiled(drawing, "pdf", None)


def to_png(drawing: Drawing, dpi: float = DPI) -> bytes:
    """The drawing as a PNG of `dpi` pixels per inch."""
    return _compiled(drawing, "png", dpi)


def _compiled(drawing: Drawing, form: Literal["pdf", "png"], dpi: float | None) -> bytes:
    try:
        import typst  # noqa: PLC0415 - SVG and TikZ need nothing
    except ModuleNotFoundError as error:
        raise missing(f"a {form.upper()}", error) from error
    inputs = {
        "svg": write_svg(drawing),
        "title": drawing.title,
        "width": f"{drawing.width:g}",
    }
    made = typst.compile(_PAGE, format=form, ppi=dpi, ignore_system_fonts=True, sys_inputs=inputs)
    assert isinstance(made, bytes)  # one page
    return made
