"""Slots of a lesson: what may stand between its paragraphs, each a small table of fields.

A slot is a fenced block of the text, whose first word says which it is; in it are fields in TOML:

    ```measurement
    kind = "race"
    training = { steps = 60 }
    [nets]
    residual = "resnet56-cifar"
    plain = "plain56-cifar"
    ```

Its nets have short names of the author's choice, by which predictions and sentences speak of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from resnet_viz.lessons.slot import MAIN, Name, Sentence, Slot
from resnet_viz.text import shorten


class Choices(Slot):
    """A prediction by a click: one sentence for each result that `outcome` may have."""

    kind: Literal["choice"] = "choice"
    of: Name = MAIN
    ask: Sentence
    outcome: Name
    choices: Mapping[Name, Sentence]


class Drawn(Slot):
    """A prediction by drawing: the reader drags a point at each depth; `curve` judges it.

    `low` and `high` are the ends of the vertical axis, called `title`, with its unit.
    """

    kind: Literal["curve"]
    of: Name = MAIN
    ask: Sentence
    curve: Name
    title: Sentence
    low: Annotated[float, Field(allow_inf_nan=False)]
    high: Annotated[float, Field(allow_inf_nan=False)]
    log: bool = False

    @model_validator(mode="after")
    def _is_an_axis(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low is less than high, and above 0 on a logarithmic axis")
        return self


AnyPrediction = Choices | Drawn


class StageSlot(Slot):
    """The stage of a race, live."""

    of: Name = MAIN
    caption: Sentence


class FigureSlot(Slot):
    """A figure of what was measured, by the name that figures.py has for it."""

    of: Name = MAIN
    figure: Name
    caption: Sentence
    after: bool = True
    """Whether it waits for the measurement's end."""


class ClaimSlot(Slot):
    """A sentence about what was measured: one for each result that `outcome` may have, or one
    alone; {names} stand for numbers."""

    of: Name = MAIN
    outcome: Name | None = None
    say: Mapping[Name, Sentence] | Sentence

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.outcome is None) is not isinstance(self.say, str):
            raise ValueError("give an outcome with a sentence for each of its results, or neither")
        self.names()
        return self

    def sentences(self) -> Mapping[str, str]:
        """Its sentences by results; "" is the name of one alone."""
        return {"": self.say} if isinstance(self.say, str) else self.say

    def names(self) -> set[str]:
        """The numbers that its sentences name.

        Raises:
            ValueError: where there is more between braces than a name, or less.
        """
        names: set[str] = set()
        for text in self.sentences().values():
            try:
                fields = [field[1:] for field in Formatter().parse(text) if field[1] is not None]
            except ValueError:  # a brace that is left open
                fields = [("", "", None)]
            for name, form, conversion in fields:
                if form or conversion or not name or not name.isidentifier():
                    raise ValueError(f"write a number's name between braces, not {shorten(text)}")
                names.add(name)
        return names
