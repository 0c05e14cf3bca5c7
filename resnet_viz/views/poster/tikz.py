# ruff: noqa: RUF001
"""A drawing as TikZ: a LaTeX file of the class standalone, with nothing but TikZ in it."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

from resnet_viz.views.poster.drawing import Box, Drawing, Item, Joint, Line, Point, Text
from resnet_viz.views.poster.styles import FILLS, INK, LOOKS, MUTED

_SIZES = (6, 7, 8, 9, 10, 12)
"""Sizes that Computer Modern has."""
_BASELINE = 0.33
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_SIGNS = {
    "×": r"$\times$",
    "−": "$-$",
    "·": r"$\cdot$",
    "…": r"\dots{}",
    "½": r"$\frac12$",
    "α": r"$\alpha$",
    "–": "--",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
} | {sign: f"\\{sign}" for sign in "#$%&_{}"}

_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0308\u030a\u030c\u0327"
_ACCENTS = dict(zip(_MARKS, "`'^~=\"rvc", strict=True))
"""Marks that follow a letter, and the commands that set them."""
_WIDE = r"""
% Letters that pdflatex cannot set are printed as "?". With lualatex and a font that has them:
% \usepackage{fontspec} \newfontfamily\others{FONT} \newcommand\wide[1]{{\others #1}}
\newcommand\wide[1]{?}"""
_HEAD = r"""% {title}
% Compile with pdflatex, or \input the tikzpicture into a paper.
\documentclass[tikz]{{standalone}}
\usepackage[utf8]{{inputenc}}
\usetikzlibrary{{arrows.meta}}{wide}
{colours}
\begin{{document}}
\begin{{tikzpicture}}[x=1bp, y=-1bp, line join=round,
{styles}]
\useasboundingbox (0,0) rectangle ({width:g},{height:g});
{body}
\end{{tikzpicture}}
\end{{document}}
"""


def write_tikz(drawing: Drawing) -> str:
    """The drawing as a LaTeX file that a plain installation of TeX compiles."""
    used = sorted({item.fill for item in drawing.items if isinstance(item, Box)})
    body = "\n".join(line for item in drawing.items for line in _lines(item))
    return _HEAD.format(
        title=" ".join(drawing.title.split()),
        wide=_WIDE if r"\wide{" in body else "",
        colours="\n".join(_colours(used)),
        styles=",\n".join((*_box_styles(used), *_line_styles())),
        width=drawing.width,
        height=drawing.height,
        body=body,
    )


def _colours(fills: list[str]) -> Iterator[str]:
    named = {"ink": INK, "muted": MUTED} | {f"{k}line": look.colour for k, look in LOOKS.items()}
    for fill in fills:
        named |= {f"{fill}fill": FILLS[fill].inside, f"{fill}edge": FILLS[fill].outline}
    for name, colour in named.items():
        yield rf"\definecolor{{{name}}}{{HTML}}{{{colour.removeprefix('#')}}}"


def _box_styles(fills: list[str]) -> Iterator[str]:
    yield (
        "  box/.style 2 args={draw, rectangle, rounded corners=1.5bp, line width=0.7bp, "
        "inner sep=0, text height=1.5ex, text depth=0ex, "
        "minimum width=#1bp, minimum height=#2bp}"
    )
    for fill in fills:
        yield f"  {fill}/.style={{fill={fill}fill, draw={fill}edge, text=ink}}"


def _line_styles() -> Iterator[str]:
    for name, look in LOOKS.items():
        dots = f", dash pattern=on 0bp off {look.dots:g}bp, line cap=round" if look.dots else ""
        tip = f"{{Triangle[length={look.tip:g}bp, width={0.84 * look.tip:g}bp]}}"
        yield f"  {name}/.style={{draw={name}line, line width={look.width:g}bp{dots}}}"
        yield f"  {name} tip/.style={{{name}, -{tip}}}"


def _lines(item: Item) -> Iterator[str]:
    if isinstance(item, Box):
        yield _box(item)
    elif isinstance(item, Text):
        yield _text(item)
    elif isinstance(item, Line):
        yield _path(item)
    else:
        yield from _joint(item)


def _point(point: Point) -> str:
    return f"({point[0]:g},{point[1]:g})"


def _box(box: Box) -> str:
    dashed = ", dash pattern=on 3bp off 2bp" if box.is_dashed else ""
    size = _size(box.size)
    return (
        rf"\node[box={{{box.width:g}}}{{{box.height:g}}}, {box.fill}{dashed}, font={size}] "
        rf"at {_point((box.x, box.y))} {{{words(box.text)}}};"
    )


def _size(size: float) -> str:
    nearest = max((one for one in _SIZES if one <= size), default=_SIZES[0])
    return rf"\fontsize{{{nearest}}}{{{nearest}}}\selectfont"


def _text(text: Text) -> str:
    font = _size(text.size) + r"\bfseries" * text.is_bold
    colour = "muted" if text.is_muted else "ink"
    content = f"${text.content}$" if text.is_math else words(text.content)
    place = _point((text.x, text.y + _BASELINE * text.size))
    return (
        rf"\node[anchor={_ANCHORS[text.anchor]}, inner sep=0, text={colour}, font={font}] "
        rf"at {place} {{{content}}};"
    )


def _path(line: Line) -> str:
    way = _point(line.start)
    for step in line.steps:
        *handles, end = map(_point, step)
        way += f" .. controls {' and '.join(handles)} .. {end}" if handles else f" -- {end}"
    return rf"\draw[{line.look}{' tip' * line.has_arrow}] {way};"


def _joint(joint: Joint) -> Iterator[str]:
    x, y, r = joint.x, joint.y, joint.radius
    style = "draw=ink, line width=0.8bp"
    yield rf"\draw[{style}, fill=white] {_point((x, y))} circle[radius={r:g}bp];"
    arm = r if joint.sign == "+" else r * 0.5**0.5
    ends = ((arm, 0), (0, arm)) if joint.sign == "+" else ((arm, arm), (arm, -arm))
    for right, down in ends:
        a, b = _point((x - right, y - down)), _point((x + right, y + down))
        yield rf"\draw[{style}] {a} -- {b};"


def words(text: str) -> str:
    """Text for LaTeX; letters that a plain installation cannot set are given to `\\wide`."""
    return "".join(map(_letter, normalize("NFC", text)))


def _letter(letter: str) -> str:
    if letter in _SIGNS or letter.isascii():
        return _SIGNS.get(letter, letter)
    base, mark = normalize("NFD", letter)[:1], normalize("NFD", letter)[1:]
    if base.isascii() and mark in _ACCENTS:
        return rf"\{_ACCENTS[mark]}{{{base}}}"
    return rf"\wide{{{letter}}}"
