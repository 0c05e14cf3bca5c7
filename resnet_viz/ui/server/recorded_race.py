"""Recorded race: the one that the start page's stage plays, as JSON.

It is this computer's newest default race; the one that is shipped until there is one. The answer
names no race: whoever sees it learns of no link.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from resnet_viz.lessons.languages import words_of
from resnet_viz.stage.recording import message_of, newest_race, recording
from resnet_viz.stage.spoken import spoken
from resnet_viz.stage.words import MONTHS
from resnet_viz.store.database import StoreError
from resnet_viz.text import Words
from resnet_viz.ui.components.stages.recorded_stage import ADDRESS
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.language import QUERY
from resnet_viz.ui.session.public import is_gallery


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """The route, on a server whose app is at `base_path`."""
    base = base_path.strip("/")
    return (Route(f"/{base}/{ADDRESS}" if base else f"/{ADDRESS}", _answer),)


def _answer(request: Request) -> Response:
    """The whole message of the race; Starlette runs this in a thread, as it is no coroutine."""
    say = words_of(request.query_params.get(QUERY, ""))
    headers = {"cache-control": "no-cache", "content-encoding": "gzip"}
    return Response(_newest(say), headers=headers, media_type="application/json")


def _newest(say: Words) -> bytes:
    with suppress(StoreError, ValueError):  # the shipped one can always be shown
        lab = open_lab()
        if race_id := newest_race(lab):
            return _own(lab.home, race_id, say)
    return _shipped(say)


@lru_cache(maxsize=4)
def _own(_home: Path, race_id: str, say: Words) -> bytes:
    message = message_of(open_lab(), race_id, say)
    day = _in_words(message["date"], say)
    recorded = say("Recorded on this computer on {day}.").format(day=day)
    return _packed(message | {"recorded": recorded}, say)


@lru_cache(maxsize=4)
def _shipped(say: Words) -> bytes:
    message = recording()
    where = message["machine"].replace("torch device cpu", "CPU")
    when = _in_words(message["date"], say)
    recorded = say("Recorded on {day} ({machine}).").format(day=when, machine=where)
    own = "" if is_gallery() else say(" Race it live to see your own run here.")
    sentence = say(message["sentence"])
    return _packed(message | {"recorded": recorded + own, "sentence": sentence}, say)


def _packed(message: dict[str, Any], say: Words) -> bytes:
    text = json.dumps(spoken(message, say), separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode(), mtime=0)


def _in_words(day: str, say: Words) -> str:
    """Such as "3 May 2026"."""
    when = date.fromisoformat(day)
    month = say(MONTHS[when.month - 1])
    return say("{day} {month} {year}").format(day=when.day, month=month, year=when.year)
