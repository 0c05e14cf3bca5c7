"""Security headers of every answer: against frames, foreign hosts, and guesses at file types."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

_ORIGIN = re.compile(r"[\w.:/*\[\]-]+", re.ASCII)
# Streamlit's own scripts are written into its page, and plotly and the components make functions
# from text; but nothing is ever loaded from, or sent to, another host.
_PAGE = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
_FILE = "default-src 'none'; sandbox"
_MEDIA = "/media/"


class Headers:
    """ASGI middleware that adds the headers; the origins in `client.allowedOrigins` may frame the
    pages, as they may send them Streamlit's messages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        embedders = config.get_option("client.allowedOrigins")
        ancestors = ["'self'", *filter(_ORIGIN.fullmatch, embedders)]
        frames = f"frame-ancestors {' '.join(ancestors)}"
        always = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
        if len(ancestors) == 1:  # browsers that know no frame-ancestors know this
            always["x-frame-options"] = "SAMEORIGIN"
        self._page = {**always, "content-security-policy": f"{_PAGE}; {frames}"}
        self._file = {**always, "content-security-policy": f"{_FILE}; {frames}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # What a visitor had the server keep is never a page of the app's.
        added = self._file if _MEDIA in scope["path"] else self._page

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", ())
                MutableHeaders(scope=message).update(added)
            await send(message)

        await self._app(scope, receive, send_with)
