"""Lesions: blocks removed from the nets of a race, and their effect, in the graphs and in the
Diagnosis. Which blocks those are is in the link (removed.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from resnet_viz.arch.plan import plan
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.lesion import LESIONS, blocks_words, lesion_in, lesion_sentence
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements.lesions import why_kept
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.components.graphs.graph_chart import Cut
from resnet_viz.ui.pages.race.display_options import segments
from resnet_viz.ui.pages.race.measurement_jobs import (
    Wish,
    ask,
    chosen_weights,
    how_far,
    under_way,
    why_failed,
)
from resnet_viz.ui.pages.race.removed import WANTED, removed, toggle
from resnet_viz.ui.pages.race.state import RaceView
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import note

CLICK, OPENS, DELETES = "race_click", "opens", "deletes"
CLICKS: Mapping[str, str] = {OPENS: "Inspect", DELETES: "Remove"}
"""What a click on a block does."""
LOOK_SECONDS = 0.4
TO_DELETE = (
    " Click a block to remove it. Its shortcut then passes its input on alone; a plain network "
    "passes the input itself (Veit et al. 2016, arXiv:1605.06431)."
)


def click_box(lab: Lab, view: RaceView) -> bool:
    """Draw the choice of what a click on a block does, once there are weights; returns whether it
    deletes."""
    if not _has_weights(lab, view):
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.markdown(small("Click a block to:"), width="content")
        chosen = segments("Click a block to", CLICKS, CLICK, OPENS, shows_title=False)
    return chosen == DELETES


class Lesions(NamedTuple):
    """The deleted blocks of a session in the nets of a race.

    `runs` are all of the race, in their order; `deletes`: a click deletes a block.
    """

    lab: Lab
    race_id: str
    runs: Sequence[tuple[Run, Contestant]]
    may_steer: bool
    deletes: bool

    def cut(self, drawn: Contestant) -> Cut:
        """The mark in the graph of a net, and the handler of clicks on it."""
        place = self.place(drawn)
        on_click = partial(toggle, place) if self.deletes else None
        return Cut(self.marked(place), on_click, of=self.runs[place][0].id)

    def caption(self, drawn: Contestant, graph: int) -> None:
        """Draw the effect of the deleted block of a net, or the progress of its measurement, below
        the graph of that number."""
        place = self.place(drawn)
        if not self.block(place):
            if self.deletes:
                with _room(graph):
                    note("No block is removed.")
            return
        try:
            wish = self.wish(place)
            if st.session_state.get(WANTED) == place:
                del st.session_state[WANTED]
                run = self.runs[place][0]
                is_asked = bool(under_way(self.lab, self.race_id, wish, run))
                if not is_asked and not self.sentence(place, wish):
                    ask(self.lab, wish, [run])
        except (StoreError, ValueError) as error:  # a store that fails, a race that was deleted
            message_box.error(str(error))
            return
        busy = bool(under_way(self.lab, self.race_id, wish, self.runs[place][0]))
        with _room(graph):
            st.fragment(_effect, run_every=LOOK_SECONDS if busy else None)(self, place, wish, busy)

    def tell(self, place: int, wish: Wish, key: str) -> None:
        """Draw the effect of the deleted block; else the progress, or why there is none.

        `key` is that of a button to ask for it.
        """
        (run, own), block = self.runs[place], dict(wish.settings)["block"]
        name = f"{own.name} without {blocks_words(str(block))}"
        try:
            sentence = self.sentence(place, wish)
        except (StoreError, ValueError) as error:
            message_box.error(str(error))
            return
        if sentence:
            note(plain(sentence))
        elif jobs := under_way(self.lab, self.race_id, wish, run):
            _, job = jobs[0]
            st.progress(min(1.0, job.progress), text=f"{plain(name)}: {plain(how_far(job))}")
        elif failed := why_failed(wish, run):
            message_box.error(failed[-1])
        else:
            note(f"{plain(name)}: not measured at step {wish.step:,}.")
            if self.may_steer:
                st.button("Measure", key=key, on_click=ask, args=(self.lab, wish, [run]))

    def sentence(self, place: int, wish: Wish) -> str:
        """The effect of the deleted block, or why it cannot be deleted; "" if neither is known."""
        run, own = self.runs[place]
        block = self.block(place)
        if why := self._why_kept(place):
            return f"{own.name} without {blocks_words(block)}: there is no such net. {why}"
        lesion = lesion_in(self.lab.measured(run.id), run.blocks, block, wish.step)
        if lesion is None:
            return ""
        has_batch_norm = run.spec.adapted.norm == "batch"
        return lesion_sentence(own.name, block, lesion, has_batch_norm=has_batch_norm)

    def place(self, drawn: Contestant) -> int:
        """The place of the run that a graph shows: of several seeds as one the first."""
        same = [place for place, (_, own) in enumerate(self.runs) if own.net == drawn.net]
        named = (place for place in same if self.runs[place][1].name == drawn.name)
        return next(named, same[0])

    def block(self, place: int) -> str:
        """The removed blocks of the net of the run at a place, from input to output, with commas
        between; "" for none."""
        out = removed().get(place, [])
        return ",".join(block for block in self.runs[place][0].blocks if block in out)

    def marked(self, place: int) -> str:
        """The same, but "" also if one of them cannot be removed."""
        return "" if self._why_kept(place) else self.block(place)

    def _why_kept(self, place: int) -> str:
        """Why one of the blocks cannot be left out; "" where all can, and where there is none."""
        network = plan(self.runs[place][0].spec.adapted)
        out = filter(None, self.block(place).split(","))
        return next(filter(None, (why_kept(network, block) for block in out)), "")

    def wish(self, place: int) -> Wish:
        """The measurement to make: of the weights chosen in the Diagnosis, else of the last ones,
        else of the initial ones."""
        step = chosen_weights(self.race_id)
        if step is None:
            step = max(_kept(self.lab, self.runs[place][0]), default=0)
        return Wish(self.race_id, step, LESIONS, (("block", self.block(place)),))


def _effect(lesions: Lesions, place: int, wish: Wish, busy: bool) -> None:
    """The sentence under a graph; while the job goes on it is looked at again and again."""
    if bool(under_way(lesions.lab, lesions.race_id, wish, lesions.runs[place][0])) != busy:
        st.rerun()
    lesions.tell(place, wish, f"race_lesion_measure_{place}")


def _room(graph: int) -> st.delta_generator.DeltaGenerator:
    """Room below a graph for what is said, so that nothing jumps when it changes (page.css)."""
    return st.container(key=f"race_lesion_{graph}")


def _has_weights(lab: Lab, view: RaceView) -> bool:
    """Whether a run has weights to look at: it is over, or some were kept.

    Not while a run goes on: the choice would come unasked, between the buttons that steer it.
    """
    runs = [run for run in view.runs if not run.is_watched]
    if view.look.is_gone or not all(run.is_over or run.status == "paused" for run in view.runs):
        return False
    try:
        return any(run.is_over or _kept(lab, run) for run in runs)
    except (StoreError, ValueError):  # what there is to say of it is said elsewhere
        return False


def _kept(lab: Lab, run: Run) -> Sequence[int]:
    """The steps whose weights are there, beside the initial ones."""
    return [one.step for one in lab.checkpoints(run.id) if not one.gone]
