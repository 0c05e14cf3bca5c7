"""Session limits of the server: of visitors who are here, and of those who left.

Streamlit keeps what belongs to a session that left (an event loop's three file descriptors, its
uploads and downloads) for two minutes and then lets go of the session without closing it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.logger import get_logger
from streamlit.runtime import Runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

_LOG = get_logger(__name__)
FEED = "/stage_feed"
"""The path of a stage's feed (stage_feed.py), which lasts as long as a visitor stays."""
_WANTED = 8_192
_OTHER_FILES = 96
"""Descriptors for all but sessions: libraries, the store, connections for pages' files."""
_OF_A_SESSION, _OF_ONE_THAT_LEFT = 4, 3
_MOST, _MOST_LEFT = 1_000, 128
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Places:
    """The number of sessions there is room for: of visitors, and of visitors who left."""

    here: int
    left: int

    @classmethod
    def of_descriptors(cls, limit: int) -> Places:
        """The places that the file descriptors allow; a quarter of them for visitors who left."""
        budget = max(0, limit - _OTHER_FILES)
        left = max(2, min(_MOST_LEFT, budget // 4 // _OF_ONE_THAT_LEFT))
        here = max(4, min(_MOST, (budget - left * _OF_ONE_THAT_LEFT) // _OF_A_SESSION))
        return cls(here, left)


def raise_descriptor_limit() -> int:
    """Raise the limit of open files of this process as far as allowed and needed; returns it."""
    if sys.platform == "win32":  # has no such limit
        return _WANTED
    import resource  # noqa: PLC0415  Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    for wanted in (_WANTED, 4_096, 2_048, 1_024):  # macOS refuses what its kernel has not
        target = wanted if hard == unlimited else min(wanted, hard)
        if soft == unlimited or soft >= target:
            break
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            return target
    return _WANTED if soft == unlimited else soft


class Departed(SessionStorage):
    """Departed sessions, whose visitors may come back within `seconds`: the last `most` of them.

    Unlike Streamlit's own storage it closes what it lets go of.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._left: dict[str, tuple[float, SessionInfo]] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        """The session, if it is not too late."""
        left, info = self._left.get(session_id, (0.0, None))
        return info if time.monotonic() - left < self._seconds else None

    def save(self, session_info: SessionInfo) -> None:
        """Save a session; called on the event loop, with the session manager's lock held."""
        self._left.pop(session_info.session.id, None)
        self._left[session_info.session.id] = (time.monotonic(), session_info)
        asyncio.get_running_loop().call_soon(self.close_old)

    def delete(self, session_id: str) -> None:
        """Delete a session that came back, or was closed."""
        del self._left[session_id]

    def list(self) -> list[SessionInfo]:
        """All departed sessions."""
        return [info for _, info in self._left.values()]

    def close_old(self) -> None:
        """Close those who have been away for too long, and the first if they are too many."""
        now = time.monotonic()
        for session_id, (left, info) in list(self._left.items()):
            if now - left < self._seconds and len(self._left) <= self._most:
                break
            del self._left[session_id]
            info.session.shutdown()


async def close_departed(server: Runtime, most: int) -> None:
    """Make `server` close departed sessions, for as long as this is awaited."""
    if _storage(server) is None:
        _LOG.warning("This version of Streamlit is unknown: it may keep sessions of who left.")
        return
    departed = Departed(most, float(config.get_option("server.disconnectedSessionTTL")))
    server._session_mgr._session_storage = departed  # type: ignore[attr-defined]
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        departed.close_old()


def is_known(server: Runtime, session_id: str) -> bool:
    """Whether a session's visitor is here, or may still come back."""
    storage = _storage(server)
    may_return = storage is None or storage.get(session_id) is not None
    return may_return or server.is_active_session(session_id)


def _storage(server: Runtime) -> SessionStorage | None:
    """Where `server` keeps sessions of those who left, in Streamlit 1.67: it has no way to be given
    another by an app."""
    manager = getattr(server, "_session_mgr", None)
    storage = getattr(manager, "_session_storage", None)
    return storage if isinstance(storage, MemorySessionStorage | Departed) else None


class Visits:
    """ASGI middleware that refuses a visitor without a place before anything is made for the visit.
    One address has half of the places at most; a stage's feed takes one, as a session does."""

    def __init__(self, app: ASGIApp, most: int | None = None) -> None:
        self._app = app
        self._most = Places.of_descriptors(raise_descriptor_limit()).here if most is None else most
        self._here: Counter[str] = Counter()
        self._noted_at = -60.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_feed = scope["type"] == "http" and scope["path"].endswith(FEED)
        if scope["type"] != "websocket" and not is_feed:
            await self._app(scope, receive, send)
            return
        address = str((scope.get("client") or ("",))[0])
        if self._here.total() >= self._most or self._here[address] >= (self._most + 1) // 2:
            self._tell(address)
            if is_feed:
                await PlainTextResponse("Too many visitors", 503)(scope, receive, send)
                return
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        self._here[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._here[address] -= 1
            if not self._here[address]:
                del self._here[address]

    def _tell(self, address: str) -> None:
        """One line a minute."""
        if time.monotonic() - self._noted_at > 60.0:
            self._noted_at = time.monotonic()
            _LOG.warning(
                "A visitor from %s was refused: there are %d places, and one address has half of "
                "them at most.",
                address,
                self._most,
            )
