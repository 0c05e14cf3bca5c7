"""Net links: a net in the query of the app's root is sent on to the Architecture page, which stood
there in earlier versions."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.ui.server.keys import query_of

_OF_A_NET = frozenset(("net", "colour", *ResNetConfig.model_fields))
_PAGE = "architecture"


class NetLinks:
    """ASGI middleware that sends `/?net=...` on to `/architecture?net=...`, before anything is
    drawn; `base_path` is the app's."""

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        self._app = app
        base = base_path.strip("/")
        self._root = f"/{base}/" if base else "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_root(scope):
            await self._app(scope, receive, send)
            return
        if _OF_A_NET.isdisjoint(name for name, _ in query_of(scope)):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        # Relative: what stands before the path is a proxy's to know.
        await RedirectResponse(f"./{_PAGE}?{query}", 302)(scope, receive, send)

    def _is_root(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        return bool(scope["path"] == self._root)
