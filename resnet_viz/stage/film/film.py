"""Film: how the stage is recorded: as which kind of file, how large, in which colours, how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resnet_viz.lab.race_feed import Look
from resnet_viz.stage.followed import held
from resnet_viz.stage.message import whole_message
from resnet_viz.stage.page import stage_page
from resnet_viz.stage.told import nets, told
from resnet_viz.text import and_words, shorten

SIZES: Mapping[str, tuple[int, int]] = {
    "960x540": (960, 540),
    "1280x720": (1280, 720),
    "1920x1080": (1920, 1080),
}
THEMES = ("light", "dark")
SPEEDS = (0.5, 1.0, 2.0, 4.0)
"""As on the stage's own transport: at 1 a whole race takes 12 seconds."""
PAGE_ROWS = 600
"""Steps of a quantity in a page at most, so that it stays small."""


@dataclass(frozen=True)
class Film:
    """How the stage is recorded.

    Raises:
        ValueError: for a size, theme or speed that is none of those above.
    """

    size: str = "1280x720"
    theme: str = "light"
    speed: float = 1.0

    def __post_init__(self) -> None:
        speeds = [f"{speed:g}" for speed in SPEEDS]
        for name, value, allowed in (
            ("size", self.size, SIZES),
            ("theme", self.theme, THEMES),
            ("speed", f"{self.speed:g}", speeds),
        ):
            if value not in allowed:
                of = and_words(list(allowed))
                raise ValueError(f"{name} = {shorten(value)} is not allowed; allowed: {of}")

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        return SIZES[self.size]


def message_of(look: Look, most_rows: int | None = PAGE_ROWS) -> dict[str, Any]:
    """The whole message of a race that is over, or as far as it has come, as a recording."""
    contestants = nets(look)
    steps = max(run.steps or run.steps_done for run in look.runs)
    whole = whole_message(contestants, steps, held(contestants), most_rows)
    about = told(look)
    return whole | {"over": True, "sentence": about["sentence"], "notes": about["notes"]}


def film_page(look: Look, title: str) -> str:
    """The stage of a race as one small HTML file, which plays by itself, again and again."""
    return stage_page(message_of(look), title, {"plays": True, "loops": True})
