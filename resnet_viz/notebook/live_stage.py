"""Live stage: the stage of a race under way as a widget of anywidget, for Jupyter and marimo.

The race trains in processes of its own. The browser asks this process for what is new, which
answers whenever no cell is at work; what a hand does comes the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.stage.followed import Followed
from resnet_viz.stage.scripts import one_module, style
from resnet_viz.stage.told import nets, told

_SCRIPT = Path(__file__).parent / "scripts" / "live_stage.js"


class LiveStage(anywidget.AnyWidget):
    """The stage of a race, or of a run alone (its id in a tuple), that a hand may steer.

    `race` is the whole message that a view begins with: of a race that is over all there is, so
    that a saved notebook plays it.
    """

    _esm = f"{one_module()}\n{_SCRIPT.read_text(encoding='utf-8')}"
    race = traitlets.Unicode().tag(sync=True)
    style_sheet = traitlets.Unicode(style()).tag(sync=True)

    def __init__(self, lab: Lab, of: str | tuple[str, ...]) -> None:
        self._lab, self._of = lab, of
        self._feed = Feed(lab, of)
        self._readers: dict[str, Followed] = {}
        super().__init__(race=Followed(nets, told).text(self._feed.look()))
        self.on_msg(self._hear)

    def _hear(self, _: object, wish: Mapping[str, Any], __: object) -> None:
        name, value = str(wish.get("name")), wish.get("value")
        if name == "look":
            self._tell(str(wish["view"]), is_first=bool(value))
        elif name in _STEERING:
            for run_id in [self._of] if isinstance(self._of, str) else self._of:
                _STEERING[name](self._lab, run_id, value)
            self._feed.expire()

    def _tell(self, view: str, *, is_first: bool) -> None:
        """What a view does not have, from the whole on."""
        if is_first or view not in self._readers:
            self._readers[view] = Followed(nets, told)
        look = self._feed.look()
        self.send({"view": view, "text": self._readers[view].text(look)})
        if look.is_over and not json.loads(self.race).get("over"):
            self.race = Followed(nets, told).text(look)


_STEERING: Mapping[str, Callable[[Lab, str, Any], None]] = {
    "pause": lambda lab, id, _: lab.pause(id),  # noqa: A006
    "resume": lambda lab, id, _: lab.resume(id),  # noqa: A006
    "train_one": lambda lab, id, _: lab.step(id),  # noqa: A006
    "pace": lambda lab, id, pace: lab.slow(id, float(pace) or None),  # noqa: A006
}
