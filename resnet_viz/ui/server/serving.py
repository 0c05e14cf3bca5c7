"""Serving: what the app's server does beside Streamlit: limits, headers, keys, start."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from starlette.middleware import Middleware
from streamlit import cli_util, config, net_util, runtime
from streamlit.starlette import App
from streamlit.web.server import server_util

from resnet_viz.store.database import Store, StoreError, default_home
from resnet_viz.store.keys.owner_key import owner_key
from resnet_viz.ui.components.charts import chart_scripts
from resnet_viz.ui.server import film_maker, recorded_race, stage_feed
from resnet_viz.ui.server.address import Address
from resnet_viz.ui.server.headers import Headers
from resnet_viz.ui.server.keys import KEY, OwnersLink, RaceControls
from resnet_viz.ui.server.net_links import NetLinks
from resnet_viz.ui.server.sessions import Places, Visits, close_departed, raise_descriptor_limit
from resnet_viz.ui.server.uploads import Uploads
from resnet_viz.ui.session.public import GALLERY, LIMITED, mode
from resnet_viz.ui.widgets import message_box

_ALL = ("0.0.0.0", "::")
"""How a server says that it listens at each of the computer's addresses."""
_END_SECONDS = 3
"""Open answers have so long once the server is told to end."""


def parts() -> dict[str, Any]:
    """The parts of `st.App` beside the script of a visit."""
    mode()  # where it is none that there is, the server does not start
    base: str = config.get_option("server.baseUrlPath")
    return {
        "routes": [
            *chart_scripts.routes(base),
            *stage_feed.routes(base),
            *recorded_race.routes(base),
            *film_maker.routes(base),
        ],
        "middleware": middleware(base),
        "lifespan": lifespan,
        "on_script_error": tell_error,
    }


def middleware(base_path: str = "") -> Sequence[Middleware]:
    """The middleware in front of Streamlit, the outermost first; the app is at `base_path`."""
    return (
        Middleware(Headers),
        Middleware(OwnersLink),
        Middleware(NetLinks, base_path=base_path),
        Middleware(RaceControls),
        Middleware(Uploads),
        Middleware(Visits),
        Middleware(Address),
    )


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """The lifespan of the server, from start to end."""
    places = Places.of_descriptors(raise_descriptor_limit())
    closing = asyncio.create_task(close_departed(runtime.get_instance(), places.left))
    _end_soon()
    stage_feed.end_with_the_server()
    _say_how_to_own()
    if not config.get_option("server.headless"):  # as `streamlit run` does for other apps
        cli_util.open_browser(_address())
    yield
    closing.cancel()
    with suppress(asyncio.CancelledError):
        await closing


def tell_error(_error: Exception) -> bool:
    """Show a visitor that there was a fault; Streamlit has logged it, with its traceback."""
    message_box.error(
        "This page could not be drawn, because of a fault in the app. Reload it to try again; the "
        "details are in the server's log."
    )
    return True


def _end_soon() -> None:
    """Have the server wait only a little, when it is told to end, for visitors who read no answer
    or go on sending: for uvicorn's own setting Streamlit has no option."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if isinstance(server, uvicorn.Server):
        server.config.timeout_graceful_shutdown = _END_SECONDS


def _say_how_to_own() -> None:
    """The owner's link, as it is needed beyond this computer."""
    try:
        key = owner_key(Store(default_home()).home)
    except StoreError as error:
        cli_util.print_to_cli(f"  There is no owner's key: {error}.\n")
        return
    how = {
        GALLERY: "  This is a gallery: in the app nobody can start or change anything.\n",
        "": "  On this computer you can manage all runs. From another one, or through a proxy or\n"
        "  tunnel, you need the owner's key for that. Keep this link to yourself:\n",
        LIMITED: "  Each visitor has a share. With the owner's key you can manage all runs. Keep\n"
        "  this link to yourself:\n",
    }
    link = "" if mode() == GALLERY else f"  {_address()}/?{KEY}={key}\n"
    cli_util.print_to_cli(how[mode()] + link)


def _address() -> str:
    """Where the app is, without a slash at its end."""
    host = config.get_option("server.address") or _ALL[0]
    if config.is_manually_set("browser.serverAddress"):
        host = config.get_option("browser.serverAddress")
    elif host in _ALL:
        host = net_util.get_internal_ip() or "localhost"
    return server_util.get_url(host).rstrip("/")
