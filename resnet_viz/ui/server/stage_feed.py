"""Stage feed: a race as server-sent events, read from the one feed of all who watch it.

No script of Streamlit's runs for them. Whoever has a race's link may watch it, as on its page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.findings.contestant import Contestant, contestants_in
from resnet_viz.findings.race_summary import happened
from resnet_viz.lab.race_feed import Feed, Look
from resnet_viz.stage.followed import Followed
from resnet_viz.store.database import StoreError
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.display_options import nets_of
from resnet_viz.ui.pages.race.state import feed_of
from resnet_viz.ui.server.sessions import FEED
from resnet_viz.ui.session.lab_state import open_lab

_LOOK_SECONDS, _ALIVE_SECONDS = 0.2, 10.0
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """The route, on a server whose app is at `base_path`; `?race=` says which race."""
    base = base_path.strip("/")
    return (Route(f"/{base}{FEED}" if base else FEED, _answer),)


async def _answer(request: Request) -> Response:
    """The events of a race; with `?once=1` the whole as it is now, for who gets no events."""
    race_id = request.query_params.get("race", "")
    try:
        feed, look = await run_in_threadpool(_open, race_id)
    except (ValueError, StoreError) as error:
        return PlainTextResponse(f"This race cannot be shown: {error}", 404)
    reader = Followed(nets, sentence)
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


def sentence(look: Look) -> str:
    """What went wrong, what happened, or how far the race is."""
    if problems := list(filter(None, [*map(words.why_over, look.runs), look.problem])):
        return " ".join(problems)
    runs = look.once("contestants", lambda: contestants_in(look))
    if look.is_over and (story := look.once("story", lambda: happened(list(map(_named, runs))))):
        return story[0].text
    return words.headline(look.runs, runs)


def _named(one: Contestant) -> Contestant:
    return replace(one, name=paper_name(one.name), net_name=paper_name(one.net_name))


def _open(race_id: str) -> tuple[Feed, Look]:
    feed = feed_of(open_lab(), race_id)
    look = feed.look()
    if not look.runs:
        raise ValueError("there is no such race")
    return feed, look


async def _events(feed: Feed, reader: Followed) -> AsyncIterator[str]:
    last: Look | None = None
    silent = 0.0
    while True:
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
