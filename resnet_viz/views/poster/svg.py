"""A drawing as SVG: plain shapes and text, for browsers, editors and `print_file.py`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot
from xml.sax.saxutils import escape, quoteattr

from resnet_viz.views.poster.drawing import Box, Drawing, Item, Joint, Line, Point, Text
from resnet_viz.views.poster.formula import Span, spans
from resnet_viz.views.poster.styles import FILLS, GROUND, INK, LOOKS, MUTED

FONTS = "Libertinus Serif, Linux Libertine O, Times New Roman, Times, serif"
"""The first is part of the library that makes PDF and PNG."""
_BASELINE = 0.33
"""From the middle of a line to its baseline, in font sizes."""
_DOWN, _SMALLER = 0.22, 0.72
"""How much lower and smaller a subscript is, in font sizes."""


def write_svg(drawing: Drawing) -> str:
    """The drawing as SVG on white ground; 1 unit is 1 pt."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    body = "\n".join(part for item in drawing.items for part in _parts(item))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(drawing.title)} '
        f'font-family="{FONTS}" fill="{INK}" xml:space="preserve">\n'
        f"<title>{escape(drawing.title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="{GROUND}"/>\n{body}\n</svg>\n'
    )


def _parts(item: Item) -> Iterator[str]:
    if isinstance(item, Box):
        yield from _box(item)
    elif isinstance(item, Text):
        yield _text(item)
    elif isinstance(item, Line):
        yield from _line(item)
    else:
        yield from _joint(item)


def _box(box: Box) -> Iterator[str]:
    fill = FILLS[box.fill]
    dashes = ' stroke-dasharray="3 2"' if box.is_dashed else ""
    yield (
        f'<rect x="{box.x - box.width / 2:g}" y="{box.y - box.height / 2:g}" rx="1.5" '
        f'width="{box.width:g}" height="{box.height:g}" '
        f'fill="{fill.inside}" stroke="{fill.outline}" stroke-width="0.7"{dashes}/>'
    )
    if box.text:
        yield _text(Text(box.x, box.y, box.text, size=box.size))


def _text(text: Text) -> str:
    style = ' font-weight="bold"' * text.is_bold + f' fill="{MUTED}"' * text.is_muted
    content = _formula(text) if text.is_math else escape(text.content)
    return (
        f'<text x="{text.x:g}" y="{text.y + _BASELINE * text.size:g}" '
        f'text-anchor="{text.anchor}" font-size="{text.size:g}"{style}>{content}</text>'
    )


def _formula(text: Text) -> str:
    parts = [""]
    is_down = False
    for span in spans(text.content):
        lowered = span.style == "sub"
        shift = text.size * _DOWN * (lowered - is_down)
        parts.append(_span(span, shift, text.size * _SMALLER if lowered else text.size))
        is_down = lowered
    return "".join(parts)


def _span(span: Span, shift: float, size: float) -> str:
    is_italic = span.style == "italic" or (span.style == "sub" and span.text[0].isalpha())
    style = ' font-style="italic"' if is_italic else ""
    down = f' dy="{shift:g}"' if shift else ""
    return f'<tspan{style}{down} font-size="{size:g}">{escape(span.text)}</tspan>'


def _line(line: Line) -> Iterator[str]:
    look = LOOKS[line.look]
    dots = f' stroke-dasharray="0.01 {look.dots:g}" stroke-linecap="round"' if look.dots else ""
    x, y = line.start
    steps = "".join(
        ("L" if len(step) == 1 else "C") + " ".join(f"{x:g} {y:g}" for x, y in step)
        for step in _shortened(line, look.tip / 2 if line.has_arrow else 0)
    )
    yield (
        f'<path d="M{x:g} {y:g}{steps}" fill="none" stroke="{look.colour}" '
        f'stroke-width="{look.width:g}" stroke-linejoin="round"{dots}/>'
    )
    if line.has_arrow:
        yield f'<path d="{_tip(line, look.tip)}" fill="{look.colour}"/>'


def _direction(line: Line) -> Point:
    """The way in which the line arrives, of length 1."""
    points = [line.start, *(point for step in line.steps for point in step)]
    ways = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points) if a != b]
    x, y = ways[-1]
    return x / hypot(x, y), y / hypot(x, y)


def _shortened(line: Line, by: float) -> Iterator[tuple[Point, ...]]:
    """The steps, the last of which ends inside the arrow's tip."""
    (x, y), (right, down) = line.end, _direction(line)
    yield from line.steps[:-1]
    yield (*line.steps[-1][:-1], (x - by * right, y - by * down))


def _tip(line: Line, size: float) -> str:
    """A triangle at the end of a line."""
    (x, y), (right, down) = line.end, _direction(line)
    back_x, back_y, half = x - size * right, y - size * down, 0.42 * size
    left = f"{back_x - half * down:g} {back_y + half * right:g}"
    other = f"{back_x + half * down:g} {back_y - half * right:g}"
    return f"M{x:g} {y:g}L{left}L{other}Z"


def _joint(joint: Joint) -> Iterator[str]:
    x, y, r = joint.x, joint.y, joint.radius
    arm = r if joint.sign == "+" else r * 0.5**0.5
    strokes = (
        f"M{x - arm:g} {y:g}H{x + arm:g}M{x:g} {y - arm:g}V{y + arm:g}"
        if joint.sign == "+"
        else f"M{x - arm:g} {y - arm:g}L{x + arm:g} {y + arm:g}"
        f"M{x - arm:g} {y + arm:g}L{x + arm:g} {y - arm:g}"
    )
    yield (
        f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{GROUND}" stroke="{INK}" '
        f'stroke-width="0.8"/><path d="{strokes}" stroke="{INK}" stroke-width="0.8"/>'
    )
