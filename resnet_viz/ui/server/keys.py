"""Keys on their way into the browser's cookies: the owner's from a link, and those of races.

Scripts of the page never see them, and the address loses the owner's at once.
"""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resnet_viz.store.database import StoreError, default_home
from resnet_viz.store.keys import race_keys
from resnet_viz.store.keys.owner_key import is_owner_key
from resnet_viz.ui.session import cookies

KEY = "key"
"""The owner's key in a link's query."""
KEEP = "/keep_controls"
"""Where a page sends the key of a race, relative to the app."""
_MOST_BYTES = 1_000
_AT_ONCE = 12
"""Cookies that one answer removes: a proxy takes no more headers. A page has dozens of answers."""


class OwnersLink:
    """ASGI middleware: `?key=...` becomes a cookie where it is right, and leaves the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = query_of(scope) if _is_page(scope) else []
        keys = [value for name, value in query if name == KEY]
        if not keys:
            await self._app(scope, receive, send)
            return
        rest = urlencode([(name, value) for name, value in query if name != KEY])
        # Relative: what stands before the path is a proxy's to know.
        page = "./" + quote(scope["path"].rpartition("/")[2])
        answer = Response(status_code=303)
        answer.headers["location"] = f"{page}?{rest}" if rest else page
        answer.headers["cache-control"] = "no-store"
        with suppress(StoreError):  # then there is no owner's key
            if is_owner_key(default_home(), keys[-1]):
                cookie = cookies.keep_owner(keys[-1], secure=_is_secure(scope))
                answer.headers.append("set-cookie", cookie)
        await answer(scope, receive, send)


class RaceControls:
    """ASGI middleware: keeps the keys of races in one cookie, and merges those of earlier versions,
    one cookie each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"].endswith(KEEP):
            await (await _keep(scope, receive))(scope, receive, send)
        else:
            is_due = _is_page(scope) and cookies.old_names(cookies.read(scope["headers"]))
            await self._app(scope, receive, _taking_over(scope, send) if is_due else send)


def _taking_over(scope: Scope, send: Send) -> Send:
    """`send`, with headers by which the browser has one cookie in place of many."""
    received = cookies.read(scope["headers"])
    lines = [cookies.keep_controls(cookies.controls(received), secure=_is_secure(scope))]
    lines += filter(None, map(cookies.forget, cookies.old_names(received)[:_AT_ONCE]))

    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", ())
            for line in lines:
                MutableHeaders(scope=message).append("set-cookie", line)
        await send(message)

    return send_with


async def _keep(scope: Scope, receive: Receive) -> Response:
    """Answers a page that asks to keep the key of a race; the race stands first from then on."""
    headers = Headers(scope=scope)
    # No form of another site's page can send this type, and its scripts are not allowed to.
    if headers.get("content-type") != "application/json":
        return Response("JSON alone is taken here", 415)
    try:
        wish = json.loads(await _body(Request(scope, receive)))
        race_id, key = str(wish["race"]), str(wish["key"])
        is_right = race_keys.is_key(default_home(), race_id, key)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Response("This is no key of a race", 400)
    except StoreError:
        is_right = False
    if not is_right:
        return Response("This is not the key of that race", 403)
    held = cookies.controls(cookies.read(scope["headers"]))
    keys = {race_id: key} | {race: one for race, one in held.items() if race != race_id}
    answer = Response(status_code=204)
    cookie = cookies.keep_controls(keys, secure=_is_secure(scope))
    answer.headers.append("set-cookie", cookie)
    return answer


async def _body(request: Request) -> bytes:
    body = b""
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ValueError("too long")
    return body


def _is_page(scope: Scope) -> bool:
    """Whether something is asked for that may be a page: what is behind one has no query."""
    return bool(scope["type"] == "http" and scope["method"] == "GET")


def query_of(scope: Scope) -> list[tuple[str, str]]:
    """The names and values of a query; none of what is too long for one."""
    text = scope["query_string"].decode(errors="replace")
    with suppress(ValueError):
        return parse_qsl(text, keep_blank_values=True, max_num_fields=200)
    return []


def _is_secure(scope: Scope) -> bool:
    proto = Headers(scope=scope).get("x-forwarded-proto", "")
    return scope.get("scheme") == "https" or proto.partition(",")[0].strip() == "https"
