"""Two servers on one folder, as behind one address: whoever asks is told the same by either."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.lab.lab import Lab
from resnet_viz.ui.session import cookies
from tests.labs import TINY, end, tiny_spec
from tests.ui.server.conftest import Serve, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: two servers and their launcher")

FORWARDED = {"X-Forwarded-For": "10.0.0.7"}
NAME = "race that both servers know"
VISITORS = 50


@pytest.fixture(scope="module")
def servers(serve: Serve) -> tuple[Server, Server]:
    one = serve()
    both = one, serve(home=one.home)
    for server in both:
        with server.visit():  # the first asks for the app alone
            pass
    return both


def test_both_know_the_owner_and_the_holder_of_a_races_key(servers: tuple[Server, Server]) -> None:
    """What one gives a browser to keep counts at the other."""
    one, other = servers
    lab = Lab(one.home)
    race = lab.race([tiny_spec(name=NAME, steps=100_000)], pace=10)
    try:
        assert one.key in one.log.read_text()
        assert one.key in other.log.read_text()
        owner = other.ask(f"/?key={one.key}").cookies
        body = json.dumps({"race": race, "key": lab.steering_key(race)}).encode()
        kept = one.ask("/keep_controls", "POST", {"Content-Type": "application/json"}, body).cookies
        assert owner == {cookies.OWNER: one.key}
        for held in (owner, kept):
            line = "; ".join(f"{name}={value}" for name, value in held.items())
            for server in servers:
                assert sees(server, {"Cookie": line})
                assert not sees(server, {})
    finally:
        end(lab)


def sees(server: Server, headers: dict[str, str]) -> bool:
    """Whether the Runs page lists that race to who comes with these headers through a proxy."""
    with server.visit("runs", headers=FORWARDED | headers) as visitor:
        return NAME.encode() in visitor.heard


def test_a_hundred_who_watch_are_told_all_of_a_race(servers: tuple[Server, Server]) -> None:
    """Half by each: every viewer hears the loss of each step once."""
    lab = Lab(servers[0].home)
    nets = [tiny_spec(steps=60), tiny_spec(steps=60, config=plain_twin(TINY))]
    race = lab.race(nets, pace=20)
    try:
        urls = [server.url for server in servers for _ in range(VISITORS)]
        with ThreadPoolExecutor(1) as thread:  # the browser's tests have a loop in this one
            told = thread.submit(lambda: asyncio.run(all_told(urls, race))).result(120)
        runs = [lab.records(run.id) for run in lab.race_runs(race)]
    finally:
        end(lab)
    losses = [np.array([record.loss for record in own], "<f4").tolist() for own in runs]
    assert [len(own) for own in losses] == [60, 60]
    assert told == [losses] * (2 * VISITORS)
    whole = [json.loads(server.ask(f"/stage_feed?once=1&race={race}").body) for server in servers]
    assert whole[0] == whole[1]


async def all_told(urls: list[str], race: str) -> list[list[list[float]]]:
    """What a viewer by each of these addresses is told of each net's losses."""
    return await asyncio.gather(*(told_by(url, race) for url in urls))


async def told_by(url: str, race: str) -> list[list[float]]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)
    writer.write(f"GET /stage_feed?race={race} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    losses: list[list[float]] = [[], []]
    while b"event: over" not in (event := await reader.readuntil(b"\n\n")):
        if b"data: {" in event:
            message = json.loads(event[event.index(b"{") : event.rindex(b"}") + 1])
            for own, net in zip(losses, message["records"], strict=True):
                curves = net["curves"]
                own[curves["begin"] :] = np.frombuffer(b64decode(curves["loss"]), "<f4").tolist()
    writer.close()
    return losses
