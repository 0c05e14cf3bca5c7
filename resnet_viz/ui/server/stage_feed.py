"""Stage feed: a race as server-sent events, read from the one feed of all who watch it.

No script of Streamlit's runs for them. Whoever has a race's link may watch it, as on its page.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from math import inf
from threading import Event
from types import FrameType
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from resnet_viz.findings.contestant import Contestant, contestants_in, net_of
from resnet_viz.lab.race_feed import Feed, Look
from resnet_viz.quantities.records import History
from resnet_viz.stage.followed import Followed
from resnet_viz.store.database import StoreError
from resnet_viz.store.run import Run
from resnet_viz.ui.pages.race.display_options import nets_of
from resnet_viz.ui.pages.race.live import status
from resnet_viz.ui.pages.race.settings_url import PACES
from resnet_viz.ui.pages.race.state import feed_of
from resnet_viz.ui.server.sessions import FEED
from resnet_viz.ui.session.lab_state import open_lab

_LOOK_SECONDS, _ALIVE_SECONDS = 0.2, 10.0
_STOPPING = Event()
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """The route, on a server whose app is at `base_path`; `?race=` says which race."""
    base = base_path.strip("/")
    return (Route(f"/{base}{FEED}" if base else FEED, _answer),)


def end_with_the_server() -> None:
    """Have the feeds end when the server is told to end: it waits for open answers, for seconds."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # outside the main thread nobody is told
            signal.signal(number, _and_end_feeds(signal.getsignal(number)))


def _and_end_feeds(before: Any) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        _STOPPING.set()
        if callable(before):
            before(number, frame)

    return handle


async def _answer(request: Request) -> Response:
    """The events of a race; with `?once=1` the whole as it is now, for who gets no events."""
    race_id = request.query_params.get("race", "")
    try:
        feed, look = await run_in_threadpool(_open, race_id)
    except (ValueError, StoreError) as error:
        return PlainTextResponse(f"This race cannot be shown: {error}", 404)
    reader = Followed(nets, told)
    if request.query_params.get("once"):
        text = await run_in_threadpool(reader.text, look)
        return Response(text, headers=_HEADERS, media_type="application/json")
    return StreamingResponse(
        _events(feed, reader), headers=_HEADERS, media_type="text/event-stream"
    )


def nets(look: Look) -> Sequence[Contestant]:
    """The nets of a race, several seeds of one as their median."""
    runs = look.once("contestants", lambda: contestants_in(look))
    return look.once("nets", lambda: nets_of(look, runs))


def told(look: Look) -> Mapping[str, Any]:
    """What the stage is told beside the records: the sentence above the nets, a note for each, and
    how training can be steered."""
    runs = look.once("contestants", lambda: contestants_in(look))
    return look.once("told", lambda: _told(look, runs))


def _told(look: Look, contestants: Sequence[Contestant]) -> Mapping[str, Any]:
    pairs: dict[tuple[str, int], list[tuple[Run, History]]] = {}
    for run, one in zip(look.runs, contestants, strict=True):
        pairs.setdefault(net_of(run), []).append((run, one.history))
    held = next((run.pace for run in look.runs if not run.is_over), None)
    paces = sorted({*PACES, held}, key=lambda pace: -(pace or inf))
    return {
        "sentence": _sentence(look, contestants),
        "notes": list(map(status.card_note, pairs.values())),
        "paused": any(run.status == "paused" for run in look.runs),
        "pace": held or 0,
        "paces": [[pace or 0, status.pace_words(pace)] for pace in paces],
    }


def _sentence(look: Look, contestants: Sequence[Contestant]) -> str:
    """What went wrong, what happened, or how far the race is."""
    if problems := list(filter(None, [*map(status.why_over, look.runs), look.problem])):
        return " ".join(problems)
    return status.progress_sentence(look.runs, contestants)


def _open(race_id: str) -> tuple[Feed, Look]:
    feed = feed_of(open_lab(), race_id)
    look = feed.look()
    if not look.runs:
        raise ValueError("there is no such race")
    return feed, look


async def _events(feed: Feed, reader: Followed) -> AsyncIterator[str]:
    last: Look | None = None
    silent = 0.0
    while not _STOPPING.is_set():
        look = await run_in_threadpool(feed.look)
        if look is not last:
            last, silent = look, 0.0
            yield f"data: {await run_in_threadpool(reader.text, look)}\n\n"
        if look.is_over:
            yield "event: over\ndata: \n\n"
            return
        await asyncio.sleep(_LOOK_SECONDS)
        silent += _LOOK_SECONDS
        if silent >= _ALIVE_SECONDS:  # or a proxy closes the connection, and a lost one stays
            silent = 0.0
            yield ": no news\n\n"
