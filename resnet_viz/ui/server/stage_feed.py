"""Stage feed: a race as server-sent events, read from the one feed of all who watch it.

No script of Streamlit's runs for them. Whoever has a race's link may watch it, as on its page.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from threading import Event
from types import FrameType
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from resnet_viz.lab.race_feed import Feed, Look
from resnet_viz.lessons.languages import words_of
from resnet_viz.stage.followed import Followed
from resnet_viz.stage.told import nets, told
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race.state import feed_of
from resnet_viz.ui.server.sessions import FEED
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.language import QUERY

_ALIVE_SECONDS = 10.0
_STOPPING = Event()
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """The route, on a server whose app is at `base_path`; `?race=` says which race, and `lang` may
    name a language."""
    base = base_path.strip("/")
    return (Route(f"/{base}{FEED}" if base else FEED, _answer),)


def end_with_the_server() -> None:
    """Have the feeds end when the server is told to end: it waits for open answers, for seconds."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # outside the main thread nobody is told
            signal.signal(number, _and_end_feeds(signal.getsignal(number)))


def is_stopping() -> bool:
    """Whether the server was told to end."""
    return _STOPPING.is_set()


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
    reader = Followed(nets, told, words_of(request.query_params.get(QUERY, "")))
    if request.query_params.get("once"):
        text = await run_in_threadpool(reader.text, look)
        return Response(text, headers=_HEADERS, media_type="application/json")
    return StreamingResponse(
        _events(feed, reader), headers=_HEADERS, media_type="text/event-stream"
    )


def _open(race_id: str) -> tuple[Feed, Look]:
    feed = feed_of(open_lab(), race_id)
    look = feed.look()
    if not look.runs:
        raise ValueError("there is no such race")
    return feed, look


async def _events(feed: Feed, reader: Followed) -> AsyncIterator[str]:
    last: Look | None = None
    silent = 0.0
    while not is_stopping():
        look = await run_in_threadpool(feed.look)
        if look is not last:
            last, silent = look, 0.0
            yield f"data: {await run_in_threadpool(reader.text, look)}\n\n"
        if look.is_over:
            yield "event: over\ndata: \n\n"
            return
        await asyncio.sleep(feed.seconds)
        silent += feed.seconds
        if silent >= _ALIVE_SECONDS:  # or a proxy closes the connection, and a lost one stays
            silent = 0.0
            yield ": no news\n\n"
