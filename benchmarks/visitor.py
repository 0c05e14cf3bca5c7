"""A visitor without a browser: speaks Streamlit's own protocol, so that the server is measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from urllib.parse import urlparse

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 60.0


class Visitor:
    """One session on the page `page` ("" is the first) with an address's query.

    After a visit `fragment` is the id of the page's fragment that runs by itself, if there is one,
    `session` the session's, and `heard` what the last run of the script sent; `received` counts
    bytes. `headers` are sent with the first request.
    """

    def __init__(
        self, url: str, page: str = "", query: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self._open = ExitStack()
        opening = connect(
            f"ws://{urlparse(url).netloc}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            # One that is not asked for anything for a while still answers the server's pings.
            ping_interval=None,
            max_queue=None,
            additional_headers=headers,
        )
        self._socket = self._open.enter_context(opening)
        self._page, self._query = page, query
        self.fragment = ""
        self.session = ""
        self.heard = b""
        self.received = 0
        self._kept: list[str] = []

    def visit(self) -> float:
        """Open the page; seconds until it is complete."""
        return self._run("")

    def poll(self) -> float:
        """What the page does by itself every half second; seconds until it is complete."""
        return self._run(self.fragment)

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def _run(self, fragment: str) -> float:
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_name = self._page
        asked.rerun_script.fragment_id = fragment
        asked.rerun_script.is_auto_rerun = bool(fragment)
        # As a browser does: large messages of the last run are not sent again.
        asked.rerun_script.cached_message_hashes.extend(self._kept)
        kept: list[str] = []
        self.heard = b""
        begin = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        while True:
            data = self._socket.recv(timeout=PATIENCE_SECONDS)
            self.received += len(data)
            assert isinstance(data, bytes), "Streamlit sends no text"
            self.heard += data
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "ref_hash" or message.metadata.cacheable:
                kept.append(message.ref_hash if kind == "ref_hash" else message.hash)
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
            if kind == "auto_rerun":
                self.fragment = message.auto_rerun.fragment_id
            if kind == "script_finished":
                self._kept = kept
                return time.perf_counter() - begin
