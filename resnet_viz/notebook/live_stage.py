"""Live stage: the stage of a race under way as a widget of anywidget, for Jupyter and marimo.

The race trains in processes of its own. A thread tells the browser what is new; where threads may
not, the browser asks, and is answered when no cell is at work, as is what a hand does.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed, Look
from resnet_viz.stage.followed import Followed
from resnet_viz.stage.scripts import one_module, style
from resnet_viz.stage.told import nets, told

LOOK_SECONDS = 0.25
_SCRIPT = Path(__file__).parent / "scripts" / "live_stage.js"


class LiveStage(anywidget.AnyWidget):
    """The stage of a race, or of a run alone (its id in a tuple), that a hand may steer.

    `race` is the whole message that a view begins with: of a race that is over all there is, so
    that a saved notebook plays it. `asks`: the browser is told nothing that it does not ask for.
    """

    _esm = f"{one_module()}\n{_SCRIPT.read_text(encoding='utf-8')}"
    race = traitlets.Unicode().tag(sync=True)
    asks = traitlets.Bool().tag(sync=True)
    style_sheet = traitlets.Unicode(style()).tag(sync=True)

    def __init__(self, lab: Lab, of: str | tuple[str, ...]) -> None:
        self._lab, self._of = lab, of
        self._feed = Feed(lab, of)
        self._lock = threading.Lock()
        self._reader = Followed(nets, told)
        self._told: Look | None = self._feed.look()
        super().__init__(race=self._reader.text(self._told), asks=_is_in_marimo())
        self.on_msg(self._hear)
        if not self.asks:
            threading.Thread(target=self._follow, name="live stage", daemon=True).start()

    def _follow(self) -> None:
        """Tell what is new also while a cell is at work, until the race is over."""
        while self.comm is not None and not self._tell():
            time.sleep(LOOK_SECONDS)

    def _hear(self, _: object, wish: Mapping[str, Any], __: object) -> None:
        name, value = str(wish.get("name")), wish.get("value")
        if name in _STEERING:
            for run_id in [self._of] if isinstance(self._of, str) else self._of:
                _STEERING[name](self._lab, run_id, value)
            self._feed.expire()
        elif name == "look":
            self._tell(whole=bool(value))

    def _tell(self, *, whole: bool = False) -> bool:
        """Send what is new, or the whole to who lacks its beginning; whether the race is over."""
        with self._lock:
            look = self._feed.look()
            if whole:
                self._reader = Followed(nets, told)
            is_new = whole or look is not self._told
            if is_new or self.asks:
                self._told = look
                self.send({"text": self._reader.text(look) if is_new else ""})
            if is_new and look.is_over:
                self.race = Followed(nets, told).text(look)
            return look.is_over


def _is_in_marimo() -> bool:
    """Whether this is a notebook of marimo, which hears nothing of other threads: its browser's
    questions are answered."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


_STEERING: Mapping[str, Callable[[Lab, str, Any], None]] = {
    "pause": lambda lab, id, _: lab.pause(id),
    "resume": lambda lab, id, _: lab.resume(id),
    "train_one": lambda lab, id, _: lab.step(id),
    "pace": lambda lab, id, pace: lab.slow(id, float(pace) or None),
}
