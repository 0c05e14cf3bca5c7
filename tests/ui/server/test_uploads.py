"""How uploads are told from one another without a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import Message

from resnet_viz.ui.server import uploads
from resnet_viz.ui.server.sessions import Places


@pytest.mark.flaky(reruns=1, reason="seconds: a silence of some")
def test_a_silence_ends_an_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_SILENCE_SECONDS", 0.05)

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    # In a thread: the browser tests' own loop runs in this one for as long as the tests do.
    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(asyncio.run, uploads._impatient(never)()).result(timeout=30)
    assert ended == {"type": "http.disconnect"}


@pytest.mark.parametrize("limit", [0, 64, 160, 256, 1_024, 8_192, 10**6])
def test_there_are_descriptors_for_every_place(limit: int) -> None:
    places = Places.of_descriptors(limit)
    assert places.here >= 4
    assert places.left >= 2
    if limit >= 160:
        assert 4 * places.here + 3 * places.left + 96 <= limit
