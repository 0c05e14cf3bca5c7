"""Upload limits: how much of the uploads the server keeps, for each session and in all.

The limit for one file is Streamlit's own, `server.maxUploadSize`; the others follow from it.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, runtime
from streamlit.logger import get_logger
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from resnet_viz.ui.server.sessions import is_known

_LOG = get_logger(__name__)
_FILE = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
_FRAMING = 64 * 1024
"""What a form adds to the file in it, at most."""
_SILENCE_SECONDS = 30.0
_SAFE_SECONDS = 600.0
"""For so long a file is the session's own; then it goes if others need its room."""


@dataclass(frozen=True)
class Room:
    """The bytes that may be kept."""

    of_session: int
    of_server: int

    @classmethod
    def of_this_computer(cls) -> Room:
        """The default: a large file and a small one per session; a fixed amount for the server, or
        a quarter of the memory if that is less."""
        one = _most_of_one()
        most = max(one, min(4 * one, psutil.virtual_memory().total // 4))
        return cls(of_session=min(most, one * 5 // 4), of_server=most)


class Uploads:
    """ASGI middleware in front of Streamlit's address for uploads."""

    def __init__(self, app: ASGIApp, room: Room | None = None) -> None:
        self._app = app
        self._room = room or Room.of_this_computer()
        self._coming: Counter[str] = Counter()
        self._since: dict[tuple[str, str], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_put = scope["type"] == "http" and scope["method"] == "PUT"
        place = _FILE.search(scope["path"]) if is_put else None
        server = runtime.get_instance() if place and runtime.exists() else None
        # What is not a session's Streamlit refuses itself.
        if place is None or server is None or not server.is_active_session(place[1]):
            await self._app(scope, receive, send)
            return
        session, file = place.groups()
        size = self._size(scope)
        if size > _most_of_one():
            await _refuse(413, "This file is too large.")(scope, receive, send)
            return
        manager = server.uploaded_file_mgr
        assert isinstance(manager, MemoryUploadedFileManager)
        if refusal := self._refusal(manager, session, file, size):
            await _drain(_impatient(receive))  # a browser reads no answer before it has sent all
            await refusal(scope, receive, send)
            return
        with self._reserved(session, size), suppress(ClientDisconnect):
            await self._app(scope, _impatient(receive), send)
        if is_known(server, session):
            self._since[session, file] = time.monotonic()
        else:  # it left meanwhile, and nobody would ever take the file away
            manager.remove_session_files(session)

    def _size(self, scope: Scope) -> int:
        """Bytes that are said to come, or that may come where nothing is said."""
        with suppress(ValueError, KeyError):
            return max(0, int(Headers(scope=scope)["content-length"]))
        return _most_of_one()

    @contextmanager
    def _reserved(self, session: str, size: int) -> Iterator[None]:
        self._coming[session] += size
        try:
            yield
        finally:
            self._coming[session] -= size
            if not self._coming[session]:
                del self._coming[session]

    def _refusal(
        self, manager: MemoryUploadedFileManager, session: str, file: str, size: int
    ) -> Response | None:
        """Why a file cannot be taken, if it cannot; old files of others make room for it."""
        held = {
            (owner, name): len(one.data)
            for owner, files in list(manager.file_storage.items())
            for name, one in list(files.items())
        }
        self._since = {place: since for place, since in self._since.items() if place in held}
        held.pop((session, file), None)  # it is replaced
        mine = sum(length for (owner, _), length in held.items() if owner == session)
        if mine + self._coming[session] + size > self._room.of_session:
            return _refuse(413, "This page holds other files already: remove one first.")
        missing = sum(held.values()) + self._coming.total() + size - self._room.of_server
        now = time.monotonic()
        for place in sorted(held, key=lambda one: self._since.get(one, 0.0)):
            if missing <= 0 or now - self._since.get(place, 0.0) < _SAFE_SECONDS:
                break
            manager.remove_file(*place)
            missing -= held[place]
        if missing > 0:
            return _refuse(503, "The server has no room for another file: try again in a while.")
        return None


def _most_of_one() -> int:
    """Bytes of a request with one file."""
    return int(config.get_option("server.maxUploadSize")) * 2**20 + _FRAMING


def _refuse(status: int, sentence: str) -> Response:
    _LOG.warning("An upload was refused: %s", sentence)
    return PlainTextResponse(sentence, status, headers={"connection": "close"})


async def _drain(receive: Receive) -> None:
    """Takes the rest of a request, and keeps nothing of it."""
    while (await receive()).get("more_body", False):
        pass


def _impatient(receive: Receive) -> Receive:
    """`receive` for whoever goes on sending: a silence ends the upload, and frees its room."""

    async def receive_soon() -> Message:
        try:
            return await asyncio.wait_for(receive(), _SILENCE_SECONDS)
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive_soon
