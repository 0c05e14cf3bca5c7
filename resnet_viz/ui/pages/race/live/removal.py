"""Removal of blocks on the stage of a race that is over: what may go, what is out, and the errors
before and after, measured by jobs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.experiments.starting_points.remove_a_block import STARTING_POINT
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import end_of
from resnet_viz.findings.lesion import REMOVAL, Removal, removal_in
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements.base.verdict import UNLEARNT
from resnet_viz.measurements.lesions import why_kept
from resnet_viz.stage.told import nets_of
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.text import count
from resnet_viz.ui.pages.race.lesions import Lesions
from resnet_viz.ui.pages.race.measurement_jobs import Wish, ask, under_way, why_failed
from resnet_viz.ui.pages.race.removed import moves, remove, removed
from resnet_viz.ui.pages.race.state import RaceView

MOST_REMOVED = 100
"""Blocks of a net that are removed together at most: their names are one setting of a job."""
_AT_ONCE_SECONDS, _ASK_SECONDS = 0.5, 0.01
"""So long a press waits for its errors before the page says that they are on their way."""
_AWAITED = "race_removal_awaited"


def removal(
    lab: Lab, view: RaceView, contestants: Sequence[Contestant], *, may_steer: bool
) -> Mapping[str, Any] | None:
    """What the stage is told; None while the race goes on, and of nets that train elsewhere."""
    if not view.is_over or view.look.is_gone or any(run.is_watched for run in view.runs):
        return None
    try:
        nets = _nets(lab, view, contestants)
        if may_steer:  # a link, or a graph, may have removed some
            for net in nets:
                net.ask()
        if st.session_state.pop(_AWAITED, False):
            _await(nets)
        return {
            "race": view.race_id,
            "may": may_steer,
            "on": may_steer and is_of_the_experiment(view.runs),
            "moves": moves(),
            "most": MOST_REMOVED,
            "experiment": [STARTING_POINT.name, f"race?{urlencode(_LINK)}"],
            "nets": [net.told() for net in nets],
        }
    except (StoreError, ValueError):  # a store that fails, a race that was deleted: said elsewhere
        return None


_LINK = {"experiment": STARTING_POINT.name}


def is_of_the_experiment(runs: Sequence[Run]) -> bool:
    """Whether this is the race of the starting point "Remove a block"."""
    wanted = {(spec.adapted, spec.steps) for spec in STARTING_POINT.specs}
    return {(run.spec.adapted, run.steps) for run in runs} == wanted


def obey_removal(
    lab: Lab, view: RaceView, contestants: Sequence[Contestant], wish: Mapping[str, Any]
) -> None:
    """Let exactly the "blocks" of the stage's nets be removed, as far as they can be, and ask for
    the errors that are not known. The same "move" may be told twice."""
    if int(wish["move"]) <= moves():
        return
    nets, chosen = _nets(lab, view, contestants), {}
    for net, names in zip(nets, wish["blocks"], strict=False):
        may_go = [] if net.refusal else [one for one in net.blocks if one not in net.kept]
        chosen[net.place] = [str(one) for one in dict.fromkeys(names) if one in may_go]
    chosen = {place: names[:MOST_REMOVED] for place, names in chosen.items()}
    remove(removed() | chosen, int(wish["move"]))
    for net in nets:
        net.ask()
    st.session_state[_AWAITED] = True


def _nets(lab: Lab, view: RaceView, contestants: Sequence[Contestant]) -> Sequence[_Net]:
    """The nets that the stage draws: of several seeds as one the first."""
    own = list(zip(view.runs, contestants, strict=True))
    lesions = Lesions(lab, view.race_id, own, may_steer=False, deletes=False)
    places = map(lesions.place, nets_of(view.look, contestants))
    return [_Net(lab, view.race_id, place, *own[place]) for place in places]


def _await(nets: Sequence[_Net]) -> None:
    deadline = time.monotonic() + _AT_ONCE_SECONDS
    while time.monotonic() < deadline and any(net.is_measured for net in nets):
        time.sleep(_ASK_SECONDS)


class _Net:
    """A net of the stage: the run at a place of the race, and its blocks that are removed."""

    def __init__(self, lab: Lab, race_id: str, place: int, run: Run, own: Contestant) -> None:
        self._lab, self._race_id, self._run = lab, race_id, run
        self.place, self.blocks = place, run.blocks
        network = plan(run.spec.adapted)
        whys = {block.name: why_kept(network, block.name) for block in network.blocks}
        self.kept = {block: why for block, why in whys.items() if why}
        self.refusal = _refusal(own)
        end = end_of(own, len(own.history)) if len(own.history) else None
        is_held_out = end is not None and end.held_out_images is not None
        self._images = "images it has never seen" if is_held_out else "training images"

    @cached_property
    def _step(self) -> int | None:
        """The step of the last weights; None where there are none. Read once it is needed."""
        steps = (one.step for one in self._lab.checkpoints(self._run.id) if not one.gone)
        return max(steps, default=None)

    @property
    def _out(self) -> list[str]:
        """The removed blocks, in the order in which they were removed."""
        own = removed().get(self.place, [])
        return [block for block in own if block in self.blocks and block not in self.kept]

    @property
    def _wish(self) -> Wish:
        out = self._out
        blocks = ",".join(block for block in self.blocks if block in out)
        return Wish(self._race_id, self._step or 0, REMOVAL, (("blocks", blocks),))

    def _found(self) -> Removal | None:
        blocks = str(dict(self._wish.settings)["blocks"])
        return removal_in(self._lab.measured(self._run.id), blocks, self._step or 0)

    @property
    def is_measured(self) -> bool:
        """Whether its errors are on their way."""
        return bool(under_way(self._lab, self._race_id, self._wish, self._run))

    def ask(self) -> None:
        """Ask for the errors where they are not known."""
        if not self._out or self.refusal or not self._step:
            return
        if self.is_measured or self._found() or why_failed(self._wish, self._run):
            return
        ask(self._lab, self._wish, [self._run])

    def told(self) -> Mapping[str, Any]:
        """What the stage is told of it."""
        out = self._out
        said = {"figure": "", "said": "", "of": "", "short": "", "measures": False}
        if out:
            said |= self._effect(len(out))
        return {"kept": self.kept, "refusal": self.refusal, "removed": out, **said}

    def _effect(self, blocks: int) -> Mapping[str, Any]:
        which = f"Removed {count(blocks, 'block')}"
        if not self._step:
            return {"said": f"{which}: there are no final weights to measure"}
        if self.is_measured:
            return {"measures": True}
        found = self._found()
        if found is None:
            failed = [*why_failed(self._wish, self._run), "not measured"]
            return {"said": f"{which}: {failed[0]}"}
        short = f"{percent(found.whole_error)} to {percent(found.left_error)}"
        return {
            "figure": f"{round(100 * (1 - found.left_error))} %",
            "said": f"{which}: error {short}",
            "of": f"on {found.images:,} {self._images}",
            "short": short,
        }


def percent(share: float) -> str:
    """A share as people read it: "2.0 %"."""
    return f"{100 * share:.1f} %"


def _refusal(net: Contestant) -> str:
    """Why removing a block of the net would tell nothing; "" where it would."""
    name = paper_name(net.name)
    if not len(net.history):
        return f"{name} was not trained, so removing a block tells us nothing."
    accuracy = end_of(net, len(net.history)).accuracy
    if accuracy is not None and 1 - accuracy.value > UNLEARNT:
        return f"{name} never learned, so removing a block tells us nothing."
    return ""
