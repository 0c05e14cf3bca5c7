"""The stage's feed on the real server: who asks is told of a race, and of nothing else."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from resnet_viz.lab.lab import Lab
from tests.labs import end, tiny_spec, wait_until
from tests.ui.server.conftest import Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server and its launcher")


def test_a_race_is_told_from_its_beginning_to_its_end(server: Server) -> None:
    lab = Lab(server.home)
    race = lab.race([tiny_spec(steps=30), tiny_spec(steps=30)])
    try:
        connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        connection.request("GET", f"/stage_feed?race={race}")
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = answer.read().decode()
        messages = [
            json.loads(line.removeprefix("data: "))
            for line in text.splitlines()
            if line.startswith("data: {")
        ]
        assert messages[0]["nets"]
        assert messages[-1]["over"]
        assert text.rstrip().endswith("event: over\ndata:")
        once = json.loads(server.ask(f"/stage_feed?once=1&race={race}").body)
        assert once["over"]
        assert [len(own["series"]["grad_norm"]["steps"]) for own in once["records"]] == [30, 30]
    finally:
        end(lab)


@pytest.mark.parametrize("race", ["", "nothing", "../../etc", "runs=a,b", "%00"])
def test_there_is_nothing_of_a_race_that_is_none(server: Server, race: str) -> None:
    answer = server.ask(f"/stage_feed?race={race}")
    assert answer.status == 404
    assert answer.body.startswith(b"This race cannot be shown")


def test_who_leaves_is_let_go(server: Server) -> None:
    """A feed's connection is closed soon after its reader's."""
    lab = Lab(server.home)
    race = lab.race([tiny_spec(steps=100_000)], pace=20)
    try:
        wait_until(lambda: lab.race_runs(race)[0].steps_done > 0)
        before = server.process.num_fds()
        connections = [HTTPConnection(urlsplit(server.url).netloc, timeout=60) for _ in range(8)]
        for connection in connections:
            connection.request("GET", f"/stage_feed?race={race}")
            assert connection.getresponse().readline().startswith(b"data: {")
        assert server.process.num_fds() >= before + 8
        for connection in connections:
            connection.close()
        deadline = time.monotonic() + 30
        while server.process.num_fds() > before + 2 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert server.process.num_fds() <= before + 2
    finally:
        lab.stop(race)
        end(lab)
