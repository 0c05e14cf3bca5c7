"""Address of the app, told to Streamlit's page: otherwise the page asks for it in vain.

The frontend of a page such as /race takes /race/ for the app's address, hears twice that there is
nothing, and tries / next. The page's own files are beside it, so its folder is the app's.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BEFORE = b"<head>"
_SCRIPT = (
    b"<script>window.__streamlit = "
    b'{ BACKEND_BASE_URL: new URL(".", window.location.href).href }</script>'
)
# A page is sent as it is, and whole: what a browser has of it may be of another version.
_NOT_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_NOT_SAID = (b"content-length", b"etag", b"last-modified", b"accept-ranges")


class Address:
    """ASGI middleware that writes the address into each page of HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _may_be_page(scope):
            await self._app(scope, receive, send)
            return
        asked = [line for line in scope["headers"] if line[0].lower() not in _NOT_ASKED]
        await self._app({**scope, "headers": asked}, receive, _Telling(send))


class _Telling:
    """A `send` that holds a page of HTML back until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        body = self._body.replace(_BEFORE, _BEFORE + _SCRIPT, 1)
        kept = [line for line in start["headers"] if line[0].lower() not in _NOT_SAID]
        length = (b"content-length", str(len(body)).encode())
        await self._send({**start, "headers": [*kept, length]})
        await self._send({"type": "http.response.body", "body": body})


def _may_be_page(scope: Scope) -> bool:
    """Whether something is asked for that has no ending, as the pages have none."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path: str = scope["path"]
    return "." not in path.rpartition("/")[2] and "/_stcore/" not in path


def _is_page(start: Message) -> bool:
    headers = Headers(raw=list(start.get("headers", ())))
    is_html = headers.get("content-type", "").startswith("text/html")
    return is_html and start["status"] == 200 and "content-encoding" not in headers
