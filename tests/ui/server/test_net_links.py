"""Links to a net at the app's root, as earlier versions wrote them."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.ui.server.conftest import Serve, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server")


@pytest.mark.parametrize(
    "query",
    ["net=resnet50&norm=none", "depths=1-2-3-1", "net=resnet20-cifar&colour=MACs", "net=%3Cb%3E"],
)
def test_a_link_to_a_net_is_sent_on_to_the_architecture_page(server: Server, query: str) -> None:
    answer = server.ask(f"/?{query}")
    assert (answer.status, answer.headers["location"]) == (302, f"./architecture?{query}")


@pytest.mark.parametrize("path", ["/", "/?nothing=1", "/race?first=resnet20-cifar", "/compare?a=x"])
def test_no_other_link_is(server: Server, path: str) -> None:
    assert server.ask(path).status == 200


def test_at_a_base_path_of_the_server_too(serve: Serve) -> None:
    server = serve("--server.baseUrlPath=lab", health="/lab/_stcore/health")
    answer = server.ask("/lab/?net=resnet50")
    assert (answer.status, answer.headers["location"]) == (302, "./architecture?net=resnet50")
    race = server.ask("/lab/recorded_race")
    assert race.status == 200


def test_the_recorded_race_says_when_and_where_and_names_no_race(server: Server) -> None:
    answer = server.ask("/recorded_race")
    message = json.loads(gzip.decompress(answer.body))
    assert message["recorded"].startswith("Recorded on ")
    assert message["machine"].split(",")[0] in message["recorded"]
    assert message["over"]
    assert "race" not in message


def test_the_recorded_race_speaks_the_language_of_its_address(server: Server) -> None:
    message = json.loads(gzip.decompress(server.ask("/recorded_race?lang=ko").body))
    assert message["recorded"].startswith("20")
    assert "년" in message["recorded"]
    assert message["words"]["loss"] == "훈련 손실"
    assert message["nets"][0]["boxes"][1]["label"] == "1단계, 블록 1"
    unknown = json.loads(gzip.decompress(server.ask("/recorded_race?lang=../ko").body))
    assert unknown["words"]["loss"] == "Training loss"
