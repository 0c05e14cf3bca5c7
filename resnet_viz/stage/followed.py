"""Followed race: what one reader of a race's stage has been sent, and what is new for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.race_feed import Look
from resnet_viz.stage.message import QUANTITIES, news_message, rows_of, usual, whole_message
from resnet_viz.stage.spoken import spoken
from resnet_viz.text import Words

Have = Sequence[Mapping[str, int]]


class Followed:
    """What a reader has: `text` brings it up to a look at the race, made once for all who have the
    same.

    `nets` gives the nets of a look, several seeds as one; `said` what else is told of it, such as
    the "sentence" above them. `say` gives the words of the reader's language.
    """

    def __init__(
        self,
        nets: Callable[[Look], Sequence[Contestant]],
        said: Callable[[Look, Words], Mapping[str, Any]],
        say: Words = str,
    ) -> None:
        self._nets, self._said, self._say = nets, said, say
        self._have: Have = ()
        self._names: Sequence[str] = ()
        self._compared: Sequence[object] = ()
        self._steps = 0

    def text(self, look: Look) -> str:
        """The message as JSON: news where the reader's rows are the beginning of what there is, and
        the whole otherwise."""
        # A look makes one thing at a time.
        nets, said = self._nets(look), self._said(look, self._say)
        names = held(nets)
        now, compared = look.once(("stage rows", *names), lambda: _standing(nets, names))
        # What the colours are compared with is known once the first residual net has a record.
        is_same = (names, compared, look.steps) == (self._names, self._compared, self._steps)
        is_grown = is_same and _begins(self._have, now)
        have = self._have if is_grown else ()
        key = ("stage", self._say, tuple(tuple(sorted(one.items())) for one in have))
        text = look.once(
            key, lambda: json.dumps({**self._message(look, nets, names, have), **said})
        )
        self._have, self._names, self._compared, self._steps = now, names, compared, look.steps
        return text

    def _message(
        self, look: Look, nets: Sequence[Contestant], names: Sequence[str], have: Have
    ) -> dict[str, Any]:
        if have:
            return news_message(nets, names, have)
        message = whole_message(nets, look.steps, names) | {"open": look.is_open}
        return spoken(message, self._say)


def _standing(nets: Sequence[Contestant], names: Sequence[str]) -> tuple[Have, Sequence[object]]:
    """The rows that there are, and what counts as usual."""
    return [rows_of(net, names) for net in nets], [usual(nets, name) for name in names]


def held(nets: Sequence[Contestant]) -> Sequence[str]:
    """The stage's quantities that a net has."""
    own = {name for net in nets for name in net.history.quantities}
    return [name for name in QUANTITIES if name in own]


def _begins(have: Have, now: Have) -> bool:
    """Whether rows were added alone: a long history drops rows now and then."""
    return len(have) == len(now) > 0 and all(
        before.get(name, 0) <= count
        for before, own in zip(have, now, strict=True)
        for name, count in own.items()
    )
