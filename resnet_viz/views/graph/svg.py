"""SVG export of a graph: one self-contained file for light and dark pages, few elements, fast to
draw.

Each box and each shortcut is an element that carries its unit (`data-unit`) and its words
(`title`); the main path is one element. In a picture to be coloured boxes carry their node, too
(`data-node`), and over the lines into a block lie others, not seen until they have a colour, that
carry what of the gradient flows there (`data-flow`: the unit and "input", "shortcut" or "branch").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from math import hypot

from resnet_viz.views.graph import lanes, legend, styles
from resnet_viz.views.graph.grid import Grid
from resnet_viz.views.graph.layout import MARGIN, Frame, Line, Picture, Point, lay_out, lay_out_unit
from resnet_viz.views.graph.model import Graph, Node
from resnet_viz.views.graph.plain_layout import lay_out_like
from resnet_viz.views.graph.styles import GREY, INK

LEGEND_ROW = 24
CORNER = 7
TIP = 7
SAMPLE_WIDTH = 34
_DASHES = {"solid": "", "dashed": "stroke-dasharray:8 5", "dotted": "stroke-dasharray:2 4"}
# The page's own colours and font where it has any (Streamlit's names for theme variables); a file
# by itself follows its reader's theme, on the ground that the browser gives it.
LIGHT_TEXT, DARK_TEXT = "#15202B", "#F0F4F8"
_TEXT = f"var(--st-text-color,light-dark({LIGHT_TEXT},{DARK_TEXT}))"
_STYLE = f"""
svg{{color-scheme:light dark;font:{lanes.FONT_SIZE}px var(--st-font,Helvetica,Arial,sans-serif)}}
text{{fill:{INK};text-anchor:middle}}
rect,circle{{stroke:{GREY}}}
path{{fill:none;stroke-linejoin:round}}
.main{{stroke:{GREY};stroke-width:1.6}}
.tip.main{{fill:{GREY};stroke:none}}
.stage rect,.opened rect{{fill:none}}
.opened rect{{stroke-dasharray:3 3;pointer-events:all}}
.stage text,.opened text,.note,.words{{fill:{_TEXT};text-anchor:start}}
.opened text{{text-anchor:end}}
.words{{text-anchor:middle}}
.stage text{{font-weight:600}}
.stage text+text{{font-weight:400}}
.sign{{font-size:18px;font-weight:600}}
"""


# What a picture to be coloured has besides; `flowing` is set when its lines get colours.
_COLOURED_STYLE = f"""
.flow{{stroke:none;stroke-width:3.5;pointer-events:none}}
.flowing path:not(.flow,.tip,.sample){{stroke:{GREY};stroke-width:6;stroke-dasharray:none}}
.flowing path.tip{{fill:{GREY}}}
.flowing .sample{{stroke:{GREY}}}
.unmeasured rect,.unmeasured circle{{fill:none;stroke-dasharray:2 3}}
.unmeasured text{{fill:{_TEXT}}}
"""
_MARKS = """<defs>
<pattern id="not-finite" width="8" height="8" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)"><rect width="8" height="8" fill="#FFFFFF" stroke="none"/>\
<rect width="4" height="8" fill="#C4332B" stroke="none"/></pattern>
<pattern id="zero" width="8" height="8" patternUnits="userSpaceOnUse">\
<rect width="8" height="8" fill="#FFFFFF" stroke="none"/>\
<path d="M1 1l6 6M7 1l-6 6" style="stroke:#111111;stroke-width:1;stroke-dasharray:none"/></pattern>
</defs>"""


def write_svg(
    graph: Graph, grid: Grid | None = None, *, coloured: bool = False, like: Graph | None = None
) -> str:
    """The SVG text of `graph`; deterministic.

    Args:
        grid: what several nets are laid out on, so that their blocks have the same places.
        coloured: the graph component will colour it by measured values.
        like: of a plain net, its residual twin's, whose blocks have the same places.
    """
    own = lay_out_like(graph, lay_out(like, grid)) if like else None
    picture = own or lay_out(graph, grid)
    return _written(graph, picture, tuple(_legend(graph, picture, coloured)), coloured)


def write_unit_svg(graph: Graph, unit: str) -> str:
    """The SVG text of one unit of `graph` that is opened, by itself, with its input as x."""
    return _written(graph, lay_out_unit(graph, unit), (), coloured=False)


def _written(graph: Graph, picture: Picture, rows: Sequence[str], coloured: bool) -> str:
    height = picture.height + LEGEND_ROW * len(rows)
    size = (
        f'width="{picture.width:g}" height="{height:g}" viewBox="0 0 {picture.width:g} {height:g}"'
    )
    kinds = sorted({line.edge.kind for line in picture.lines} - {"main"})
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
        f'aria-label="{escape(graph.name)}">',
        f"<style>{_STYLE}{''.join(map(_line_rule, kinds))}{_COLOURED_STYLE * coloured}</style>",
        *((_MARKS,) if coloured else ()),
        *(_frame(frame, "stage") for frame in picture.stages),
        *(_frame(frame, "opened") for frame in picture.opened),
        *_lines(picture),
        *(_flows(picture) if coloured else ()),
        *(_box(box, coloured, is_plain=graph.is_plain) for box in picture.boxes.values()),
        *rows,
        "</svg>",
    )
    return "\n".join((*parts, ""))


def _line_rule(kind: str) -> str:
    colour, width, line = styles.SHORTCUTS[kind]
    return (
        f"path.{kind}{{stroke:{colour};stroke-width:{width:g};{_DASHES[line]}}}"
        f".tip.{kind}{{fill:{colour};stroke:none}}\n"
    )


def _frame(frame: Frame, kind: str) -> str:
    unit = f' data-unit="{escape(frame.id)}"' if kind == "opened" else ""
    width, height = frame.right - frame.left, frame.bottom - frame.top
    x = frame.left + 10 if kind == "stage" else frame.right - 8
    texts = (
        f'<text x="{x:g}" y="{frame.top + lanes.LINE_HEIGHT * (row + 1):g}">{escape(line)}</text>'
        for row, line in enumerate(frame.title)
    )
    return (
        f'<g class="{kind}"{unit}><rect x="{frame.left:g}" y="{frame.top:g}" width="{width:g}" '
        f'height="{height:g}" rx="8"/>{"".join(texts)}</g>'
    )


def _box(box: lanes.Box, coloured: bool, *, is_plain: bool) -> str:
    node, (x, y) = box.node, box.middle
    if lanes.is_round(node):
        shape = f'<circle cx="{x:g}" cy="{y:g}" r="{box.height / 2:g}"/>'
        sign, drop = ' class="sign"', 6.0
    else:
        shape, sign, drop = _rectangle(box), "", 4.5
    lines = node.label.split("\n")
    first = y - lanes.LINE_HEIGHT * (len(lines) - 1) / 2
    text = "".join(
        f'<tspan x="{x:g}" y="{first + lanes.LINE_HEIGHT * row + drop:g}">{escape(line)}</tspan>'
        for row, line in enumerate(lines)
    )
    own = f' data-node="{escape(node.id)}"' if coloured else ""
    fill = styles.fill(node.kind, is_plain=is_plain)
    return (
        f'<g class="{node.kind}" data-unit="{escape(node.unit)}"{own} fill="{fill}">'
        f"<title>{escape(node.tooltip)}</title>{shape}<text{sign}>{text}</text></g>"
    )


def _rectangle(box: lanes.Box) -> str:
    corner = box.height / 2 if box.node.kind == "input" else 5
    size = f'width="{box.width:g}" height="{box.height:g}" rx="{corner:g}"'
    behind = f'<rect x="{box.left + 4:g}" y="{box.top + 4:g}" {size}/>'
    front = f'<rect x="{box.left:g}" y="{box.top:g}" {size}/>'
    return behind + front if box.node.kind == "folded" else front


def _lines(picture: Picture) -> Iterator[str]:
    """The main path in one element, each shortcut in one of its own, the tips by kind."""
    tips = defaultdict(list)
    main = []
    for line in picture.lines:
        kind = line.edge.kind
        tips[kind].append(_tip(line.points))
        if kind == "main":
            main.append(_path(line.points))
        else:
            yield _shortcut(line, picture.boxes[line.edge.target].node)
    yield f'<path class="main" d="{"".join(main)}"/>'
    yield from (f'<path class="tip {kind}" d="{"".join(d)}"/>' for kind, d in tips.items())


def _flows(picture: Picture) -> Iterator[str]:
    """The lines into the nodes of blocks once more, by what of the gradient comes back there: all
    of it up to where the paths part, then its parts."""
    for (edge, points), target in (
        (line, picture.boxes[line.edge.target]) for line in picture.lines
    ):
        unit, source = target.node.unit, picture.boxes[edge.source].node
        if target.node.stage is None:
            continue
        if edge.kind != "main":
            yield _flow(f"{unit}.shortcut", points, _DASHES[styles.SHORTCUTS[edge.kind].line])
        elif source.unit == unit:
            yield _flow(f"{unit}.branch", points)
        else:
            x, y = points[-1]
            fork = (x, y - lanes.FORK_TO_BOX)
            yield _flow(f"{unit}.input", (*points[:-1], fork))
            yield _flow(f"{unit}.branch", (fork, (x, y)))


def _flow(kind: str, points: tuple[Point, ...], dashes: str = "") -> str:
    style = f' style="{dashes}"' if dashes else ""
    return f'<path class="flow" data-flow="{escape(kind)}"{style} d="{_path(points)}"/>'


def _shortcut(line: Line, target: Node) -> str:
    kind, points = line.edge.kind, line.points
    x, y = max(x for x, _ in points) + 6, (points[0][1] + points[-1][1]) / 2
    lines = lanes.label_lines(line.edge)
    words = "".join(
        f'<text class="words" transform="translate({x + lanes.LINE_HEIGHT * row:g} {y:g}) '
        f'rotate(90)">{escape(text)}</text>'
        for row, text in enumerate(reversed(lines))
    )
    return (
        f'<g data-unit="{escape(target.unit)}"><title>{escape(target.tooltip)}</title>'
        f'<path class="{kind}" d="{_path(points)}"/>{words}</g>'
    )


def _path(points: tuple[Point, ...]) -> str:
    """A polyline with rounded corners."""
    (x, y), *rest = points
    parts = [f"M{x:g} {y:g}"]
    for corner, after in pairwise(rest):
        begin, end = _towards(corner, (x, y)), _towards(corner, after)
        parts.append(f"L{begin}Q{corner[0]:g} {corner[1]:g} {end}")
        x, y = corner
    parts.append(f"L{rest[-1][0]:g} {rest[-1][1]:g}")
    return "".join(parts)


def _towards(start: Point, end: Point) -> str:
    """A point a corner's size, or half the way, from `start` to `end`."""
    distance = hypot(end[0] - start[0], end[1] - start[1])
    share = min(CORNER / distance, 0.5) if distance else 0
    x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
    return f"{x:g} {y:g}"


def _tip(points: tuple[Point, ...]) -> str:
    """An arrow's triangle at the end of a line."""
    (before, _), (x, y) = points[-2:]
    if abs(before - x) < 1:
        return f"M{x:g} {y:g}l-4 -{TIP}h8z"
    return f"M{x:g} {y:g}l{TIP} -4v8z"


def _legend(graph: Graph, picture: Picture, coloured: bool) -> Iterator[str]:
    """Samples of the lines and what the signs mean, in rows under the picture."""
    x, y = float(MARGIN), picture.height
    row: list[str] = []
    items = [*legend.samples(graph), legend.Sample("", legend.note(graph))]
    for kind, text in items:
        sample = SAMPLE_WIDTH if kind else 0
        width = sample + 8 + lanes.text_width(text) + 24
        if row and x + width > picture.width:
            yield "".join(row)
            x, y, row = float(MARGIN), y + LEGEND_ROW, []
        if kind:
            own = " sample" if coloured else ""
            row.append(f'<path class="{kind}{own}" d="M{x:g} {y:g}h{sample}"/>')
        row.append(f'<text class="note" x="{x + sample + 8 * bool(kind):g}" y="{y + 4.5:g}">')
        row.append(f"{escape(text)}</text>")
        x += width
    yield "".join(row)
