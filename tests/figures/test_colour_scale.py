"""The colours' scale of races in which a net runs away, and the room that notes about it have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.figures import style
from resnet_viz.figures.graph_colouring import line_scale, node_scale
from resnet_viz.figures.heat_maps.colour_scale import ends
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.through_time import through_time
from resnet_viz.figures.training_curves import training_curves
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History
from tests.findings.made import contestant

STEPS, AWAY = 60, 2
"""The net is away from step `AWAY` on: before it, its gradients are 1 to 20."""


def wild(loss: float = np.nan, grown: float = 1e24, name: str = "plain20-cifar") -> Contestant:
    return contestant(
        "plain20-cifar",
        STEPS,
        name=name,
        norm=lambda step, column: (1.0 + column) * (1 if step < AWAY else grown),
        loss=lambda step: 2.3 if step < AWAY else loss,
    )


def calm(norm: float = 1e-3) -> Contestant:
    return contestant("resnet20-cifar", STEPS, norm=lambda step, column: norm)


@pytest.mark.parametrize("loss", [np.nan, np.inf, 1e24])
def test_the_scale_is_that_of_the_steps_before_a_net_runs_away(loss: float) -> None:
    for nets in ([wild(loss)], [calm(), wild(loss)]):
        scale = ends(nets)
        first = np.log10(nets[-1].history.series("grad_norm").values[0])
        assert scale.low <= first.min()
        assert first.max() <= scale.high + 0.01
        assert scale.high == 1.5
        assert (scale.less, scale.more) == (False, True)
    assert ends([calm()]).more is False


def test_a_net_that_is_away_for_a_while_counts_before_and_after() -> None:
    losses = {2: 1e9, 3: 1e9}
    away = contestant(
        "plain20-cifar",
        STEPS,
        norm=lambda step, column: 1e9 if step in losses else 1.0 + step,
        loss=lambda step: losses.get(step, 2.0),
    )
    scale = ends([away])
    assert (scale.low, scale.high, scale.more) == (0, 2, True)


def test_a_net_without_a_finite_loss_has_a_scale_of_all_its_steps() -> None:
    never = contestant("plain20-cifar", 9, norm=lambda s, c: 1e6, loss=lambda step: np.nan)
    assert ends([never]).low <= 6 <= ends([never]).high


def test_the_bar_says_that_there_is_more_and_the_hover_has_the_values() -> None:
    figure = heat_maps([calm(), wild()])
    bar = figure.layout.coloraxis.colorbar
    assert (bar.tickvals[-1], bar.ticktext[-1]) == (1.5, "> 32")
    assert not bar.ticktext[0].startswith("&lt;")
    assert np.diff(bar.tickvals).min() > 0.3
    np.testing.assert_allclose(
        10.0 ** figure.data[1].z[:, 9], wild().history.series("grad_norm").values[9], 1e-4
    )
    assert not heat_maps([calm()]).layout.coloraxis.colorbar.ticktext[-1].startswith(">")


def test_the_graphs_scale_is_the_maps_and_says_so_too() -> None:
    nets = [calm(), wild()]
    scale = node_scale(nets)
    assert (np.log10(scale.low), np.log10(scale.high)) == pytest.approx(ends(nets)[:2])
    assert (scale.less, scale.more) == (False, True)
    names = ("grad_input_norm", "grad_branch_norm")
    records = [
        replace(record, values=dict.fromkeys(names, record.grad_norm))
        for record in wild().history.records()
    ]
    blocks = Along("block", tuple(f"stages.0.{i}" for i in range(20)))
    lines = line_scale(
        [replace(wild(), history=History(records), header=dict.fromkeys(names, blocks))]
    )
    assert lines
    assert (lines.high, lines.more) == (pytest.approx(10**1.5), True)


def test_a_bar_s_title_is_there_where_the_chart_is_narrow() -> None:
    nets = [calm()]
    narrow = heat_maps(nets).layout.meta["narrow"]["coloraxis"]["colorbar"]["title"]["text"]
    assert "‖∂L/∂W‖" in narrow
    values = [
        replace(record, values={"grad_shortcut_norm": record.grad_norm[:2]})
        for record in calm().history.records()
    ]
    header = {"grad_shortcut_norm": Along("block", ("stages.0.0", "stages.0.1"))}
    net = replace(calm(), history=History(values), header=header)
    text = heat_maps([net], "grad_shortcut_norm").layout.meta["narrow"]["coloraxis"]["colorbar"]
    lines = text["title"]["text"].split("<br>")
    assert lines[:-1] == ["‖∂L/∂x‖", "via", "shortcut"]


FIGURES: dict[str, Callable[[list[Contestant]], go.Figure]] = {
    "profile": lambda nets: profile(nets, STEPS - 1),
    "curves": training_curves,
    "through time": through_time,
    "maps": heat_maps,
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
@pytest.mark.parametrize("many", [1, 6])
def test_notes_leave_a_plot_as_large_as_it_was(
    figure: Callable[[list[Contestant]], go.Figure], many: int
) -> None:
    before = figure([calm()] * many)
    nets = [wild(grown=np.nan, name=f"a net with a long name {i}") for i in range(many)]
    after = figure(nets)
    for one, other, letters in (
        (before.layout.to_plotly_json(), after.layout.to_plotly_json(), style.WHOLE_LETTERS),
        (*(each.layout.meta["narrow"] for each in (before, after)), style.NARROW_LETTERS),
    ):
        assert one["margin"] == other["margin"]
        assert _domains(one) == _domains(other)
        notes = [note for note in other["annotations"] if note.get("yshift") == -52]
        lines = [line for note in notes for line in note["text"].split("<br>")]
        assert len(lines) <= style.NOTE_LINES
        assert all(len(line) <= letters for line in lines)
        assert lines or figure is heat_maps


def _domains(layout: dict[str, dict[str, object]]) -> dict[str, object]:
    axes = {key: value for key, value in layout.items() if key[1:5] == "axis"}
    return {key: value["domain"] for key, value in axes.items() if "domain" in value}


def test_a_note_that_is_too_long_for_its_room_is_said_in_short() -> None:
    nets = [wild(name=f"net {i}") for i in range(6)]
    [note] = [one for one in training_curves(nets).layout.annotations if one.yshift == -52]
    assert note.text.replace("<br>", " ") == "6 nets: loss not finite, first at step 2"
    [note] = [one for one in training_curves(nets[:1]).layout.annotations if one.yshift == -52]
    assert note.text == "net 0: loss not finite since step 2"
