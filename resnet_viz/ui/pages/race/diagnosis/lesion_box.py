"""Lesion box of the Diagnosis panel: deletes blocks by a click in the chart, or by a choice."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.ui.pages.race.diagnosis.racer import Racer
from resnet_viz.ui.pages.race.lesions import Lesions
from resnet_viz.ui.pages.race.measurement_jobs import choose_weights
from resnet_viz.ui.pages.race.removed import delete, toggle
from resnet_viz.ui.widgets.page_texts import note

TO_DELETE = (
    "A click on a point deletes that block in its net, here and in its graph, and a second click "
    "puts it back; so does the choice below."
)
NONE = "none"
_NET, _BLOCK = "race_delete_net", "race_delete_block"
_CHANGED = "race_delete_changed"


class LesionBox:
    """The lesions beside the panel's chart, of the weights as `step` begins."""

    def __init__(self, lesions: Lesions, racers: Sequence[Racer], step: int) -> None:
        self._lesions, self._racers, self._step = lesions, racers, step

    def marked(self, racer: Racer) -> str:
        """The deleted block of a net; "" for none."""
        return self._lesions.marked(self._place(racer))

    def clicked(self, racer: Racer, block: str) -> None:
        """Handle a click on a point: the whole page is drawn again, because the graphs show it,
        too."""
        choose_weights(self._lesions.race_id, self._step)
        toggle(self._place(racer), block)
        st.rerun()

    def draw(self, *, has_picture: bool) -> None:
        """Draw the boxes, for those with the controls; for everybody, the effect of the deleted
        blocks."""
        if self._lesions.may_steer:
            if has_picture:
                note(TO_DELETE)
            self._boxes()
        for place in map(self._place, self._racers):
            if self._lesions.block(place):
                wish = self._lesions.wish(place)
                self._lesions.tell(place, wish, f"race_delete_measure_{place}")

    def _boxes(self) -> None:
        places = list(map(self._place, self._racers))
        names = {place: racer.name for place, racer in zip(places, self._racers, strict=True)}
        with st.container(horizontal=True, gap="small"):
            place = places[0]
            if len(places) > 1:
                place = st.selectbox(
                    "Net", places, format_func=names.__getitem__, key=_NET, width=220
                )
            key = f"{_BLOCK}_{place}"
            blocks, out = self._lesions.runs[place][0].blocks, self._lesions.block(place)
            st.session_state[key] = out if out in blocks else NONE
            st.selectbox(
                "Block to delete",
                [NONE, *blocks],
                key=key,
                width=160,
                on_change=self._chosen,
                args=(place, key),
            )
        if st.session_state.pop(_CHANGED, False):
            st.rerun()  # the graphs show it, too

    def _chosen(self, place: int, key: str) -> None:
        chosen = str(st.session_state[key])
        choose_weights(self._lesions.race_id, self._step)
        delete(place, "" if chosen == NONE else chosen)
        st.session_state[_CHANGED] = True

    def _place(self, racer: Racer) -> int:
        return next(i for i, (run, _) in enumerate(self._lesions.runs) if run.id == racer.run.id)
