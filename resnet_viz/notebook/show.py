"""Show: a net, a run or a race as the value of a cell, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import FIELDS, short_value
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.arch.presets import PRESETS
from resnet_viz.extras import missing
from resnet_viz.notebook import net_cells
from resnet_viz.notebook.frame import Frame, Shown
from resnet_viz.views.compare import differing_fields
from resnet_viz.views.graph.graph import ShortcutGraph

if TYPE_CHECKING:
    from resnet_viz.lab.lab import Lab
    from resnet_viz.lab.race_feed import Look

STAGE_HEIGHT = 640
"""Pixels."""


def show(value: object, lab: Lab | None = None) -> Any:
    """What a cell shows of a net, a run or a race: as the last line of a cell it is drawn.

    A race or run under way is shown live. Its networks train in their own processes, so you can go
    on using the notebook. A race that is over is a recording, which plays without Python.

    Args:
        value: a configuration, the name of a preset, a plan, a graph; a run, the id of a run or
            race; or the file of a configuration (.json) or of a race (Lab.export).
        lab: where the run or race is; by default the Lab in the user's data directory.

    Raises:
        ValueError: if there is no such net, run, race or file.
        ModuleNotFoundError: if a race is under way and anywidget is not installed; it says how to
            install it.
    """
    if (graph := _graph(value)) is not None:
        return Shown(net_cells.frame_of(graph).html(), net_cells.graph_text(graph))
    if isinstance(value, str | Path) and Path(value).is_file():
        return _recording(_look_of_file(Path(value)))
    return _race(_ids(value), lab)


def compare(one: object, other: object, lab: Lab | None = None) -> Shown:
    """Two nets, or two races, side by side. For two nets a table lists what differs.

    The arguments are those of `show`. Races are shown as they are now, not live.
    """
    graphs = [_graph(value) for value in (one, other)]
    nets = [graph for graph in graphs if graph is not None]
    if len(nets) == 2:
        frames = [net_cells.frame_of(graph) for graph in nets]
        text = "\n".join(net_cells.graph_text(graph) for graph in nets)
        return Shown(_beside(frames) + _differences(nets), text)
    if nets:
        raise ValueError(
            "one of the two is a net and the other is not; compare a net with a net, or a race "
            "with a race"
        )
    recorded = [_recorded(_look(_ids(value), lab)) for value in (one, other)]
    return Shown(_beside([frame for frame, _ in recorded]), "\n".join(t for _, t in recorded))


def _graph(value: object) -> ShortcutGraph | None:
    """The graph of what is a net; None for anything else."""
    if isinstance(value, ShortcutGraph):
        return value
    if isinstance(value, NetworkPlan):
        return net_cells.graph_of(value.config)
    if isinstance(value, ResNetConfig):
        return net_cells.graph_of(value)
    if isinstance(value, str) and value in PRESETS:
        return net_cells.graph_of(PRESETS[value])
    if isinstance(value, str | Path) and Path(value).suffix == ".json" and Path(value).is_file():
        text = Path(value).read_text(encoding="utf-8")
        return net_cells.graph_of(ResNetConfig.model_validate_json(text))
    return None


def _differences(nets: Sequence[ShortcutGraph]) -> str:
    configs = [graph.config for graph in nets if graph.config is not None]
    fields = differing_fields(configs) if len(configs) == 2 else {}
    if len(configs) < 2 or not fields:
        return "" if len(configs) < 2 else "<p>Both networks are the same.</p>"
    heads = ("what differs", *map(net_cells.graph_name, nets))
    rows = [
        (FIELDS[name].removeprefix("the "), *(short_value(name, value) for value in values))
        for name, values in fields.items()
    ]
    return net_cells.html_table(heads, rows)


def _beside(frames: Sequence[Frame]) -> str:
    inner = "".join(frame.html() for frame in frames)
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{inner}</div>'


def _ids(value: object) -> str | tuple[str, ...]:
    """What a feed reads: a race by its id, or a run in a tuple."""
    from resnet_viz.store.run import Run  # noqa: PLC0415  it needs the training's libraries

    if isinstance(value, Run):
        return value.race_id or (value.id,)
    if isinstance(value, str):
        return value
    raise ValueError(
        f"{type(value).__name__} cannot be shown; allowed: a configuration, a plan, a graph, a "
        "run, the name of a preset, the id of a run or race, or a file"
    )


def _race(of: str | tuple[str, ...], lab: Lab | None) -> Any:
    lab = lab or _own_lab()
    look = _look(of, lab)
    if look.is_over:
        return _recording(look)
    try:
        from resnet_viz.notebook.live_stage import LiveStage  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise missing("a live race in a notebook", error) from error
    return LiveStage(lab, _feed_id(of, look))


def _own_lab() -> Lab:
    try:
        from resnet_viz.lab.lab import Lab  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise missing("show", error) from error
    return Lab()


def _feed_id(of: str | tuple[str, ...], look: Look) -> str | tuple[str, ...]:
    """The id of a run alone is that of a race of one."""
    return of if isinstance(of, tuple) or look.runs[0].race_id == of else (look.runs[0].id,)


def _look(of: str | tuple[str, ...], lab: Lab | None) -> Look:
    from resnet_viz.lab.race_feed import Feed  # noqa: PLC0415

    lab = lab or _own_lab()
    look = Feed(lab, of).look()
    if not look.runs and isinstance(of, str):
        look = Feed(lab, (of,)).look()
    return look


def _look_of_file(file: Path) -> Look:
    from resnet_viz.lab.lab import Lab  # noqa: PLC0415

    with TemporaryDirectory(prefix="resnet_viz_") as folder:
        lab = Lab(folder)
        return _look(lab.import_(file), lab)


def _recording(look: Look) -> Shown:
    frame, text = _recorded(look)
    return Shown(frame.html(), text)


def _recorded(look: Look) -> tuple[Frame, str]:
    """A race as it is now, as a page that plays it."""
    from resnet_viz.stage.message import whole_message  # noqa: PLC0415
    from resnet_viz.stage.page import stage_page  # noqa: PLC0415
    from resnet_viz.stage.told import nets, told  # noqa: PLC0415

    own = nets(look)
    steps = max(run.steps or run.steps_done for run in look.runs)
    said = told(look)
    message = whole_message(own, steps, most_rows=300) | {**said, "over": True, "paused": False}
    title = " against ".join(net.name for net in own)
    frame = Frame(stage_page(message, title), f"Race: {title}", STAGE_HEIGHT)
    return frame, f"{title}: {said['sentence']}"
