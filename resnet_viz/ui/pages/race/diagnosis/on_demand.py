"""Measurements on demand of the nets of a race: buttons, progress, charts, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from resnet_viz.arch.plan import plan
from resnet_viz.figures.measurement_charts import figure, height
from resnet_viz.findings.lesion import LESIONS
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Look
from resnet_viz.measurements import measurements, why_not
from resnet_viz.measurements.base.measurement import Measurement
from resnet_viz.measurements.base.result import MeasuredNet, MeasurementResult
from resnet_viz.text import capital, number
from resnet_viz.ui.components.charts.figure_diff import Drawn
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.race import measurement_jobs
from resnet_viz.ui.pages.race.diagnosis.lesion_box import LesionBox
from resnet_viz.ui.pages.race.diagnosis.racer import Racer, about_line, in_pairs, verdict_lines
from resnet_viz.ui.pages.race.lesions import Lesions
from resnet_viz.ui.pages.race.state import RaceView, key_of
from resnet_viz.ui.session.public import is_gallery
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note

MOST_BESIDE = 6
"""Steps that stand beside each other; more are in a box."""
ON_DEMAND = (
    "These look at a net's weights as a step begins, on the same training images for every net, "
    "with the statistics of those images in its batch norms. The initial weights follow from "
    "configuration and seed; those at the end of a run are kept."
)
Results = Mapping[str, Sequence[MeasurementResult]]
"""What was measured of each run, by its id."""


def on_demand(lab: Lab, view: RaceView, racers: Sequence[Racer], lesions: Lesions) -> None:
    """Draw every measurement, for the weights at a chosen step; `lesions` are the deleted blocks,
    and who may delete."""
    header("Measured on demand")
    racers = [racer for racer in racers if not racer.run.is_watched]
    if not racers:
        message_box.info(
            "A net that trains in a program of its own has no weights here to be measured."
        )
        return
    note(ON_DEMAND)
    if is_gallery():
        note("Nothing can be measured in a gallery; what was measured is shown to all.")
    elif not lesions.may_steer:
        note("Who has the race's controls can measure; what was measured is shown to all.")
    step = _step_box(lab, view.race_id, racers)
    results = {racer.run.id: lab.measured(racer.run.id) for racer in racers}
    box = LesionBox(lesions, racers, step)
    offered = [about for about in measurements().values() if not about.held_out]
    for column, about in in_pairs(offered):
        with column:
            wish = measurement_jobs.Wish(view.race_id, step, about.name)
            own = box if about.name == LESIONS else None
            _Panel(lab, view.look, about, wish, own, lesions.may_steer).draw(racers, results)


def _step_box(lab: Lab, race_id: str, racers: Sequence[Racer]) -> int:
    with_weights = {one.step for r in racers for one in lab.checkpoints(r.run.id) if not one.gone}
    ends = {racer.run.steps for racer in racers}

    def words(step: int) -> str:
        return f"step {step:,}" + (" (initial)" if step == 0 else "") + " (end)" * (step in ends)

    def choose() -> None:
        measurement_jobs.choose_weights(race_id, int(st.session_state[key] or 0))

    steps, before = [0, *sorted(with_weights)], measurement_jobs.chosen_weights(race_id)
    are_many = len(steps) > MOST_BESIDE
    key = f"race_diagnosis_step_{key_of(race_id)}" + "_box" * are_many
    st.session_state[key] = before if before in steps else 0
    settings: dict[str, Any] = {"key": key, "format_func": words, "on_change": choose}
    if are_many:
        return int(st.selectbox("Weights at", steps, width=250, **settings))
    return int(st.segmented_control("Weights at", steps, required=True, **settings) or 0)


@dataclass(frozen=True)
class _Panel:
    """The panel of one measurement of the nets of a race."""

    lab: Lab
    look: Look
    about: Measurement
    wish: measurement_jobs.Wish
    box: LesionBox | None
    may_steer: bool

    def draw(self, racers: Sequence[Racer], results: Results) -> None:
        """Draw its button, its progress, its verdicts and its chart."""
        about = self.about
        fit = [racer for racer in racers if not why_not(about, plan(racer.run.spec.adapted))]
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.markdown(f"**{plain(capital(about.title))}**", width="stretch")
        measured = [(r, one) for r in fit if (one := self._result(results[r.run.id])) is not None]
        missing = [racer for racer in fit if racer not in [r for r, _ in measured]]
        jobs = measurement_jobs.under_way(self.lab, self.wish.race_id, self.wish)
        if jobs and self.may_steer:
            self._cancel_button(row)
        elif missing and self.may_steer:
            self._button(missing, row)
        for name, job in jobs:
            st.progress(
                min(1.0, job.progress),
                text=f"{plain(name)}: {plain(measurement_jobs.how_far(job))}",
            )
        for reason in measurement_jobs.why_failed(self.wish):
            message_box.error(reason)
        if measured:
            self._draw_results(measured)
        if self.box:
            self.box.draw(has_picture=bool(measured))
        if others := [racer.name for racer in racers if racer not in fit]:
            note(f"Not applicable to {plain(', '.join(others))} (no shortcuts).")
        steps = "training step" if about.cost == 1 else "training steps"
        cost = f"about {about.cost:g} {steps} a net"
        if measured:
            cost += f", took {number(float(np.mean([one.seconds for _, one in measured])), 2)} s"
        about_line(about.sentence, about.formula, about.source, cost)

    def _result(self, results: Sequence[MeasurementResult]) -> MeasurementResult | None:
        wanted = (self.wish.step, self.about.name, self.about.checked({}))
        same = [one for one in results if (one.step, one.measurement, one.settings) == wanted]
        return same[-1] if same and same[-1].found else None

    def _button(self, racers: Sequence[Racer], row: DeltaGenerator) -> None:
        steps = [np.diff(racer.net.history.seconds) for racer in racers]  # of the nets' training
        seconds = [float(np.median(taken)) for taken in steps if taken.size]
        expected = f": {number(self.about.cost * max(seconds), 2)} s or so" if seconds else ""
        row.button(
            "Measure",
            icon=":material/play_arrow:",
            key=f"race_measure_{self.about.name}",
            help=f"About {self.about.cost:g} training steps a net{expected}.",
            on_click=measurement_jobs.ask,
            args=(self.lab, self.wish, [racer.run for racer in racers]),
        )

    def _cancel_button(self, row: DeltaGenerator) -> None:
        row.button(
            "Cancel",
            icon=":material/close:",
            key=f"race_measure_cancel_{self.about.name}",
            on_click=measurement_jobs.cancel,
            args=(self.lab, self.wish),
        )

    def _draw_results(self, measured: Sequence[tuple[Racer, MeasurementResult]]) -> None:
        nets = [_net(racer, result) for racer, result in measured]
        racers = [racer for racer, _ in measured]
        verdicts = [self.about.verdict(net) for net in nets]
        verdict_lines(list(zip(racers, verdicts, strict=True)))
        names = " against ".join(racer.name for racer in racers)
        deleted = tuple(self.box.marked(racer) for racer in racers) if self.box else ()
        of = (self.wish, deleted, *(racer.run.id for racer in racers))
        live_chart(
            self.look.once(of, lambda: Drawn.of(figure(nets, deleted))),  # once for all who look
            f"measured-{self.about.name}-{key_of(self.wish.race_id)}",
            height(self.about),
            alt=f"{capital(self.about.title)} at step {self.wish.step}: {names}",
            on_point=partial(self._clicked, measured) if self.box and self.may_steer else None,
        )

    def _clicked(self, measured: Sequence[tuple[Racer, MeasurementResult]], point: str) -> None:
        run_id, _, block = point.partition(":")
        for racer, _ in measured:
            if self.box and racer.run.id == run_id:
                self.box.clicked(racer, block)


def _net(racer: Racer, result: MeasurementResult) -> MeasuredNet:
    return MeasuredNet(
        racer.name,
        racer.net.colour,
        racer.net.blocks,
        racer.run.layer_names,
        result,
        racer.net.chance,
        racer.run.id,
    )
