"""Film maker: joins pictures of a race's stage, which a browser has drawn, into one film.

Whoever may watch a race may have a film of it. Films are made one after the other, each by a
process of its own that lets all others go first: nobody's page or training waits for them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from resnet_viz.stage.film.encode import FORMATS
from resnet_viz.store.database import StoreError
from resnet_viz.ui.components.stages.film_recorder import ADDRESS
from resnet_viz.ui.pages.race.state import feed_of
from resnet_viz.ui.server.stage_feed import is_stopping
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.locality import is_loopback, visitor_address
from resnet_viz.ui.session.public import mode

MOST_BYTES = 128 * 2**20
"""Of all pictures of a film."""
MOST_AT_ONCE = 4
"""Films that are sent, wait or are made."""
MOST_OF_ONE = 2
"""Of them, those of one visitor."""
SENT_SECONDS, MADE_SECONDS = 180.0, 120.0
_TOO_LARGE = "The pictures are too large for a film. Choose a smaller size."
_T = TypeVar("_T")
_MODULE = "resnet_viz.stage.film.encode"
_TYPES = {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}
_OCTETS = "application/octet-stream"


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """The route, on a server whose app is at `base_path`; `?race=`, `format=` and `ms=`, the
    milliseconds of a picture, say which film, and the body has its pictures (encode.py)."""
    base = base_path.strip("/")
    path = f"/{base}/{ADDRESS}" if base else f"/{ADDRESS}"
    return (Route(path, FilmMaker().answer, methods=["POST"]),)


class RefusedError(Exception):
    """A film that is not made: a status of HTTP, and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class FilmMaker:
    """Makes films, one at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._under_way: Counter[str] = Counter()

    async def answer(self, request: Request) -> Response:
        """The film, or why there is none."""
        try:
            form, frame_ms = await _order(request)
            return Response(await self._made(request, form, frame_ms), media_type=_TYPES[form])
        except RefusedError as refusal:
            return PlainTextResponse(str(refusal), refusal.status)
        except ClientDisconnect:
            return PlainTextResponse("", 400)  # nobody reads it

    async def _made(self, request: Request, form: str, frame_ms: int) -> bytes:
        visitor = _visitor(request)
        if why := self._no_place(visitor):
            # A browser reads no answer before it has sent all.
            await _within(SENT_SECONDS, _keep(request, Path(os.devnull)))
            raise RefusedError(503, f"{why} Try again in a minute.")
        self._under_way[visitor] += 1
        try:
            with TemporaryDirectory() as folder:
                pictures, film = Path(folder) / "pictures", Path(folder) / f"film.{form}"
                await _within(SENT_SECONDS, _keep(request, pictures))
                async with self._turn:
                    await _encode(request, pictures, form, frame_ms, film)
                return await run_in_threadpool(film.read_bytes)
        finally:
            self._under_way -= Counter([visitor])

    def _no_place(self, visitor: str) -> str:
        if self._under_way[visitor] >= MOST_OF_ONE:
            return f"You are recording {MOST_OF_ONE} films already."
        is_full = self._under_way.total() >= MOST_AT_ONCE
        return "Others are recording films just now." if is_full else ""


def _visitor(request: Request) -> str:
    """The address that a visitor counts for, as for shares of races."""
    host = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    address = None if is_loopback(host) else host
    return visitor_address(address, forwarded, is_public=bool(mode()))


async def _order(request: Request) -> tuple[str, int]:
    """Format and milliseconds of the film that is asked for."""
    # Other sites' pages cannot send that type here without asking.
    if request.headers.get("content-type") != _OCTETS:
        raise RefusedError(415, f"The pictures must be sent as {_OCTETS}.")
    length, asked = request.headers.get("content-length", ""), request.query_params
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise RefusedError(413, _TOO_LARGE)
    form, ms = asked.get("format", ""), asked.get("ms", "")
    if form not in FORMATS or not (ms.isascii() and ms.isdecimal() and len(ms) < 6):
        raise RefusedError(400, f"A film is a {', '.join(FORMATS)}, with ms per picture.")
    try:
        await run_in_threadpool(_check, asked.get("race", ""))
    except (ValueError, StoreError) as error:
        raise RefusedError(404, f"This race cannot be recorded: {error}") from error
    return form, int(ms)


def _check(race_id: str) -> None:
    if not feed_of(open_lab(), race_id).look().runs:
        raise ValueError("there is no such race")


async def _keep(request: Request, file: Path) -> None:
    sent = 0  # a body that comes in chunks may be longer than its header says
    with file.open("wb") as kept:
        async for part in request.stream():
            sent += len(part)
            if sent > MOST_BYTES:
                raise RefusedError(413, _TOO_LARGE)
            kept.write(part)


async def _encode(request: Request, pictures: Path, form: str, frame_ms: int, film: Path) -> None:
    with pictures.open("rb") as source:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE, form, str(frame_ms), str(film)),
            stdin=source,
            stderr=asyncio.subprocess.PIPE,
        )
        leaving = asyncio.create_task(_end_when_nobody_waits(request, process))
        try:
            _, said = await _within(MADE_SECONDS, process.communicate())
        finally:
            leaving.cancel()
            _end(process)
    if process.returncode:
        lines = said.decode(errors="replace").splitlines()
        raise RefusedError(400, f"There is no film: {lines[-1] if lines else 'its process ended'}.")


async def _end_when_nobody_waits(request: Request, process: asyncio.subprocess.Process) -> None:
    while not (is_stopping() or await request.is_disconnected()):
        await asyncio.sleep(0.3)
    _end(process)


def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def _within(seconds: float, work: Awaitable[_T]) -> _T:
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError as error:
        raise RefusedError(408, "Recording took too long. Choose a smaller size.") from error
