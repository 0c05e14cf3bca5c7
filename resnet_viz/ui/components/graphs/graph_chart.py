"""Graph chart: the shortcut graph on a page, with zoom, pan, tooltips, and blocks that open on a
click."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import value_words
from resnet_viz.ui.components.component import WISHES_SCRIPT, component, heard, new_wishes
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.downloads import file_name
from resnet_viz.views.graph.browser.scripts import chart_script, style
from resnet_viz.views.graph.found_net import AnyNet, blocks_in, graph_of, units_of
from resnet_viz.views.graph.grid import Grid
from resnet_viz.views.graph.svg import write_svg

HELP = (
    "Click a block to open it, operation by operation; point at anything for its numbers. By "
    "keyboard, the arrows go from block to block, and Enter opens one. Zoom with the buttons, or "
    "with Ctrl and the wheel; drag to move."
)
MOST_DRAWN = 1000
"""Blocks that are drawn one by one at most: 0.7 s of the server, which nobody else may wait for."""
_SIZE = re.compile(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)"')
_RUN = re.compile(r"^(stages\.\d+\.\d+)-\d+$")
_LOOK = re.compile(r"\d{1,2}(\.\d{1,3})?(,[01](\.\d{1,3})?){2}")
_SMALL = 1_000
"""Blocks of a net whose picture is kept with many others."""
_Colours = tuple[Grid | None, bool]
_CHART = component(__file__, "graph_chart", WISHES_SCRIPT, chart_script(), css=style())


class Coloured(NamedTuple):
    """A graph that `graph_values` colours, with the others of its `group`.

    `short`: blocks have their numbers alone, and the whole net is seen at first, under its name;
    all nets of a `grid` have their blocks in the same places.
    """

    group: str
    grid: Grid | None = None
    short: bool = False


class Cut(NamedTuple):
    """The blocks that are marked as removed (with commas between), and the handler of clicks.

    Without `on_click` a click opens the block. `of` says whose picture it is: a click is told only
    where the one that was clicked was of the same.
    """

    block: str = ""
    on_click: Callable[[str], None] | None = None
    of: str = ""


class Alone(NamedTuple):
    """A graph that has a page to itself.

    It fits where its text can then be read, its blocks can be searched, and a click tells `on_pick`
    the block that a panel is to show, `picked` ("": none). A plain net has its blocks where `twin`,
    its residual twin, has them. Stages in `closed`, counted from 0, are one box each.
    """

    on_pick: Callable[[str], None]
    picked: str = ""
    twin: ResNetConfig | None = None
    closed: frozenset[int] = frozenset()


def graph_chart(
    config: AnyNet,
    key: str,
    name: str,
    *,
    fold: bool,
    frame: tuple[float, float] | None = None,
    coloured: Coloured | None = None,
    cut: Cut = Cut(),  # noqa: B008 (a tuple)
    whole: bool = False,
    alone: Alone | None = None,
) -> None:
    """Draw the graph of a net, as wide as its container; open units are kept under `key`.

    Screen readers tell pictures of one page apart by `name`, the net's. `fold` draws long runs of
    alike blocks as one. Pictures with one `frame`, a width and a height that all of them fit in,
    are drawn at one scale. `whole`: all of the net is seen at first. Without `fold` a net of more
    than `MOST_DRAWN` blocks is refused in a sentence.
    """
    if not fold and (blocks := blocks_in(config)) > MOST_DRAWN:
        message_box.info(
            f"{blocks:,} blocks are too many to draw one by one; at most {MOST_DRAWN:,} are."
        )
        return
    opened = opened_units(config, key)
    twin, closed = (alone.twin, alone.closed) if alone else (None, frozenset[int]())
    svg = _svg(config, opened, coloured and coloured[1:], twin, closed, fold=fold)
    chart = f"{key}_chart"
    data = {
        "heard": heard(chart),
        "svg": svg,
        "name": name,
        "opened": len(opened),
        "file": file_name(config, ".svg"),
        "frame": frame,
        "group": coloured and coloured.group,
        "member": key,
        "compact": bool(coloured and coloured.short),
        "whole": whole,
        "title": name if coloured and coloured.short else "",
        "deleted": cut.block,
        "deletes": cut.on_click is not None,
        "of": cut.of,
        "alone": alone and _told_alone(alone, config) | {"look": look_of(key)},
    }

    def hear() -> None:
        for wish in new_wishes(chart):
            if wish["name"] == "toggle":
                toggle_unit(key, str(wish["unit"]))
            elif wish["name"] == "pick" and alone:
                alone.on_pick(str(wish["unit"]))
            elif wish["name"] == "look":
                set_look(key, str(wish["look"]))
            elif wish["name"] == "cut" and cut.on_click and wish["of"] == cut.of:
                cut.on_click(str(wish["block"]))

    _CHART(key=chart, data=data, height="content", on_wishes_change=hear)


def _told_alone(alone: Alone, config: AnyNet) -> dict[str, str]:
    kind = value_words("block", config.block) if isinstance(config, ResNetConfig) else "block"
    return {"picked": alone.picked, "kind": kind, "click": "click for its equation and its cost"}


def common_frame(
    nets: Mapping[str, AnyNet], *, fold: bool, coloured: Coloured | None = None
) -> tuple[float, float]:
    """The width and height, in the SVG's units, that the graphs of nets fit in, by their keys."""
    colours = coloured and coloured[1:]
    pictures = [
        _svg(net, opened_units(net, key), colours, None, fold=fold) for key, net in nets.items()
    ]
    sizes = [picture.group(1, 2) for picture in map(_SIZE.match, pictures) if picture]
    return max(float(width) for width, _ in sizes), max(float(height) for _, height in sizes)


def opened_units(config: AnyNet, key: str) -> frozenset[str]:
    """The ids of the open units that exist in `config`."""
    opened: frozenset[str] = st.session_state.get(_state(key), frozenset())
    return opened.intersection(units_of(config)) if opened else opened


def _state(key: str) -> str:
    return f"{key}_opened"


def toggle_unit(key: str, unit: str) -> None:
    """Open a unit of the graph under `key`, operation by operation, or close it; "" closes all."""
    # Of a folded run, such as "stages.0.1-7", the first block is opened: all are alike.
    before, clicked = st.session_state.get(_state(key), frozenset()), {_RUN.sub(r"\1", unit)}
    st.session_state[_state(key)] = frozenset(before ^ clicked if unit else ())


def open_units(key: str, units: Iterable[str]) -> None:
    """Have these units of the graph under `key` open, and no others."""
    st.session_state[_state(key)] = frozenset(units)


def look_of(key: str) -> str:
    """How the graph under `key` is zoomed: scale and middle, such as "2.5,0.3,0.7"; "" if it is
    not."""
    return str(st.session_state.get(f"{key}_look", ""))


def set_look(key: str, look: str) -> None:
    """Note how the graph under `key` is zoomed; what is no such text counts as not zoomed."""
    st.session_state[f"{key}_look"] = look if _LOOK.fullmatch(look) else ""


def _svg(
    config: AnyNet,
    opened: frozenset[str],
    coloured: _Colours | None,
    twin: ResNetConfig | None,
    closed: frozenset[int] = frozenset(),
    *,
    fold: bool,
) -> str:
    is_small = fold or blocks_in(config) <= _SMALL
    return (_small if is_small else _large)(config, opened, coloured, twin, closed, fold=fold)


def _written(
    config: AnyNet,
    opened: frozenset[str],
    coloured: _Colours | None,
    twin: ResNetConfig | None,
    closed: frozenset[int] = frozenset(),
    *,
    fold: bool,
) -> str:
    grid, short = coloured or (None, False)
    graph = graph_of(config, opened, fold, short=short, closed=closed)
    like = graph_of(twin, opened, fold, short=short, closed=closed) if twin else None
    return write_svg(graph, grid, coloured=coloured is not None, like=like)


# A block takes a kilobyte, and anybody may ask for ten thousand: 100 MB are kept at most.
_small, _large = lru_cache(maxsize=64)(_written), lru_cache(maxsize=4)(_written)
