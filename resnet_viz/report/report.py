"""Report of a race: one HTML file that replays it without a server, and prints."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import plotly
import plotly.graph_objects as go

from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.plan import plan
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.figures.graph_colouring import RAMP, line_scale
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.style import DARK_COLOURS, LEGEND_ROOM
from resnet_viz.figures.through_time import through_time
from resnet_viz.figures.training_curves import PEAKS, training_curves
from resnet_viz.findings.colours import DARK
from resnet_viz.findings.contestant import Contestant, contestants_in
from resnet_viz.findings.nets import nets_in
from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.result_table import result_rows, transposed
from resnet_viz.lab.race_feed import Look
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.report.diagnosis import Chapter, Diagnosed, chapters, verdict_rows
from resnet_viz.report.replay import Numbers, replay
from resnet_viz.stage.message import whole_message
from resnet_viz.stage.scripts import one_module, style
from resnet_viz.views.compare import differing_fields
from resnet_viz.views.graph.browser.scripts import colour_script
from resnet_viz.views.graph.found_net import blocks_in, graph_of
from resnet_viz.views.graph.layout import common_grid
from resnet_viz.views.graph.svg import write_svg

_HERE = Path(__file__).parent
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
MOST_BLOCKS = 150
"""Of a net of more blocks than this, runs of alike ones are drawn as one."""
MOST_ROWS = 300
"""Steps of a quantity on the stage: about as many as it has rows of pixels."""
OF_STEPS = ("step_gamma", "step_milestones")


class Reported(NamedTuple):
    """A net in a report: its records, how it was trained (None: elsewhere), its parameters, and its
    measurements on demand."""

    contestant: Contestant
    spec: RunSpec | None
    params: int
    results: Sequence[MeasurementResult] = ()


class Still(NamedTuple):
    """A still figure: it does not follow the slider; with a heading, and a sentence below it."""

    id: str
    title: str
    sentence: str
    figure: go.Figure


def stills(contestants: Sequence[Contestant]) -> Sequence[Still]:
    """The still figures, in order: a new one is a line here."""
    firsts = first_seeds(contestants)
    curves = training_curves(contestants, PEAKS)
    return [
        Still("curves", "Training loss and accuracy", EACH_MINIBATCH, curves),
        Still("through-time", "Through time", THROUGH_TIME, through_time(contestants)),
        Still("maps", "Gradient norm by layer and step", "", heat_maps(firsts)),
    ]


def report_of(look: Look, measured: Callable[[str], Sequence[MeasurementResult]]) -> str:
    """The report of a race as it was read; a feed thins a long one. `measured` gives the
    measurements on demand of the run with an id."""
    nets = zip(look.runs, contestants_in(look), strict=True)
    return report(
        [
            Reported(net, None if run.is_watched else run.spec, run.params, measured(run.id))
            for run, net in nets
        ]
    )


def report(nets: Sequence[Reported]) -> str:
    """The HTML of the report; nothing in it loads anything from outside.

    Of a long race the quantities are there at some steps, even apart; loss and accuracy where they
    are smallest and largest. Of several seeds of a net all are in the sentences, tables and
    curves, and the first is replayed.
    """
    contestants = [net.contestant for net in nets]
    firsts = first_seeds(contestants)
    numbers = Numbers()
    of_measurements = list(chapters([Diagnosed(net.contestant, net.results) for net in nets]))
    still = stills(contestants)
    story = [sentence for sentence, _ in happened(contestants)]
    rows = result_rows(contestants, [net.params for net in nets])
    lines = line_scale(firsts)
    scene = replay(firsts, numbers) | {
        "ramp": RAMP,
        "lines": lines and lines._asdict(),
        "figures": {**_figures(still), **_figures(of_measurements)},
        "dark": dict(DARK),
        # As a recording, also of a race that was under way.
        "stage": whole_message(firsts, _steps(nets), most_rows=MOST_ROWS)
        | {"over": True, "sentence": story[0] if story else ""},
    }
    return TEMPLATES.get_template("report.html").render(
        title=_title(contestants),
        nets=[one.name for one in contestants],
        settings=_settings(nets),
        story=story,
        several="" if len(firsts) == len(contestants) else SEVERAL,
        graphs=_graphs(firsts),
        stills=still,
        firsts=[one.name for one in firsts],
        verdicts=verdict_rows(firsts),
        chapters=of_measurements,
        results_of=[str(row["net"]) for row in rows],
        results=transposed(rows),
        plotly=packed(PLOTLY.read_bytes()),
        scene=packed(json.dumps(scene, separators=(",", ":")).encode()),
        numbers=packed(numbers.bytes),
        stage_style=style(),
        script="\n".join(
            (
                one_module(),
                colour_script(),
                *(file.read_text(encoding="utf-8") for file in SCRIPTS),
            )
        ),
    )


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)
PLOT_SCRIPTS = (LEGEND_ROOM, DARK_COLOURS, _HERE / "report_plots.js")
SCRIPTS = (*PLOT_SCRIPTS, _HERE / "report.js")
"""What a report's page runs; its plots take the first of them."""
EACH_MINIBATCH = "Measured on each minibatch before its update."
THROUGH_TIME = (
    "Left: the weight gradient of the first layer over the last's. Middle: effective rank, how "
    "many independent directions the features span (1 = the network sees all images as the same). "
    "Right: how much a step changes the median layer's weights, relative to their size."
)
SEVERAL = "Of several seeds of a net the first is shown here; the tables and curves have them all."


def _steps(nets: Sequence[Reported]) -> int:
    """The updates of the race: those that were to be, or those that are recorded."""
    return max(net.spec.steps if net.spec else len(net.contestant.history) for net in nets)


def first_seeds(contestants: Sequence[Contestant]) -> Sequence[Contestant]:
    """The nets, each by the first of its seeds."""
    return [net.seeds[0] for net in nets_in(contestants)]


def _title(contestants: Sequence[Contestant]) -> str:
    """Each net once, and how many seeds of it there are where there are several."""
    nets = nets_in(contestants)
    counts = sorted({len(net.seeds) for net in nets})
    seeds = "" if counts == [1] else f", {' or '.join(map(str, counts))} seeds"
    return " against ".join(dict.fromkeys(net.name for net in nets)) + seeds


def packed(data: bytes) -> str:
    """Compressed, as text that HTML takes as it is."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def _figures(parts: Sequence[Still] | Sequence[Chapter]) -> dict[str, Any]:
    return {part.id: json.loads(str(part.figure.to_json(validate=False))) for part in parts}


def _graphs(contestants: Sequence[Contestant]) -> Iterator[tuple[str, str]]:
    """Each net's name and picture, on one grid; one that has recorded no step has none."""
    nets = [one.drawn_net for one in contestants if one.drawn_net]
    fold = any(blocks_in(net) > MOST_BLOCKS for net in nets)
    drawn = {net: graph_of(net, fold=fold, short=True) for net in nets}
    grid = common_grid(list(drawn.values()), 1.0) if drawn else None
    for one in contestants:
        svg = write_svg(drawn[one.drawn_net], grid, coloured=True) if one.drawn_net else ""
        yield one.name, svg


def _settings(nets: Sequence[Reported]) -> Mapping[str, Any] | None:
    """What the nets share, and the rows of what they differ in; None for those watched."""
    if any(net.spec is None for net in nets):
        return None
    specs = [net.spec for net in nets if net.spec]
    fields = {name: [_setting(s, name) for s in specs] for name in SETTINGS if name != "device"}
    shared = {name: values[0] for name, values in fields.items() if len(set(values)) == 1}
    words = {name: setting.about.words for name, setting in SETTINGS.items()}
    shared_text = "; ".join(f"{words[name]} {value}" for name, value in shared.items() if value)
    rows = {"parameters": [f"{net.params:,}" for net in nets]}
    rows |= {"depth": [f"{plan(spec.adapted).depth:,} layers" for spec in specs]}
    rows |= {words[name]: values for name, values in fields.items() if name not in shared}
    differing = differing_fields([spec.adapted for spec in specs])
    rows |= {
        field.replace("_", " "): [_value(field, value) for value in values]
        for field, values in differing.items()
    }
    return {"shared": shared_text, "rows": rows}


def _setting(spec: RunSpec, name: str) -> str:
    """A setting as people read it; "" where it is off. Of a folder its name alone."""
    value = getattr(spec, name)
    if name == "dataset" and value.startswith("folder:"):
        return str(value.rpartition("/")[2])
    is_off = value is None or value is False or value == "none"  # but 0 is a seed
    is_off = is_off or (spec.schedule != "step" and name in OF_STEPS)
    return "" if is_off else _value(name, value)


def _value(field: str, value: object) -> str:
    if isinstance(value, tuple) and field != "image_size":
        return ", ".join(map(str, value))
    return "yes" if value is True else text_of(field, value)
