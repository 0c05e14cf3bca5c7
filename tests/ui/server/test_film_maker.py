"""The film maker on the real server: who may watch a race gets its film, and nobody else's time."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from PIL import Image

from resnet_viz.lab.lab import Lab
from resnet_viz.ui.server.film_maker import MOST_BYTES
from tests.labs import end, tiny_spec
from tests.stage.test_film import COLOURS, png, read
from tests.ui.server.conftest import Answer, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server and its launcher")

OCTETS = {"content-type": "application/octet-stream"}
PICTURES = b"".join(len(one).to_bytes(4, "big") + one for one in map(png, COLOURS))


@pytest.fixture(scope="module")
def race(server: Server) -> str:
    lab = Lab(server.home)
    race_id = lab.race([tiny_spec(steps=3)])
    end(lab)
    return race_id


def ask(server: Server, query: str, body: bytes = PICTURES, kind: str = "") -> Answer:
    headers = {"content-type": kind} if kind else OCTETS
    return server.ask(f"/film?{query}", "POST", headers, body)


@pytest.mark.parametrize("form", ["gif", "webp", "mp4"])
def test_pictures_become_a_film(server: Server, race: str, form: str, tmp_path: Path) -> None:
    answer = ask(server, f"race={race}&format={form}&ms=200")
    assert answer.status == 200, answer.body
    assert form in answer.headers["content-type"]
    file = tmp_path / f"film.{form}"
    file.write_bytes(answer.body)
    assert len(read(file)[0]) >= len(COLOURS)


def test_several_films_at_once_are_made_one_after_the_other(server: Server, race: str) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: ask(server, f"race={race}&format=gif&ms=200"), range(4)))
    assert [answer.status for answer in answers] == [200] * 4


def test_what_is_wrong_is_said(server: Server, race: str) -> None:
    good = f"race={race}&format=gif&ms=200"
    for status, said, answer in (
        (404, b"cannot be recorded", ask(server, "race=none&format=gif&ms=200")),
        (400, b"A film is a mp4, webp, gif", ask(server, f"race={race}&format=avi&ms=200")),
        (400, b"A film is a mp4, webp, gif", ask(server, f"race={race}&format=gif&ms=-1")),
        (400, b"milliseconds = 3 is not allowed", ask(server, f"race={race}&format=gif&ms=3")),
        (415, b"application/octet-stream", ask(server, good, kind="text/plain")),
        (400, b"there is no picture", ask(server, good, b"")),
        (400, b"a picture of 4,294,967,295 bytes is too large", ask(server, good, b"\xff" * 9)),
    ):
        assert answer.status == status
        assert said in answer.body
        assert b"Traceback" not in answer.body


def test_too_much_is_refused_before_it_is_sent(server: Server, race: str) -> None:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("POST", f"/film?race={race}&format=gif&ms=200")
    for name, value in (*OCTETS.items(), ("content-length", "9999999999")):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, b"too large" in answer.read()) == (413, True)
    connection.close()


def test_a_body_in_chunks_is_no_longer_than_another(server: Server, race: str) -> None:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("POST", f"/film?race={race}&format=gif&ms=200")
    for name, value in (OCTETS | {"content-length": "9", "transfer-encoding": "chunked"}).items():
        connection.putheader(name, value)
    connection.endheaders()
    chunk = b"100000\r\n" + bytes(2**20) + b"\r\n"
    for _ in range(MOST_BYTES // 2**20 + 1):
        connection.send(chunk)
    assert connection.getresponse().status == 413
    connection.close()


def encoders(server: Server) -> list[psutil.Process]:
    children = server.process.children(recursive=True)
    return [one for one in children if any("film.encode" in part for part in one.cmdline())]


def test_a_film_that_nobody_waits_for_is_not_made(server: Server, race: str) -> None:
    noise = io.BytesIO()
    Image.effect_noise((1280, 720), 50).save(noise, "PNG")
    one = noise.getvalue()
    body = (len(one).to_bytes(4, "big") + one) * 110
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.request("POST", f"/film?race={race}&format=webp&ms=100", body, OCTETS)
    deadline = time.monotonic() + 30
    while not (making := encoders(server)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert making
    connection.close()
    psutil.wait_procs(making, 3)
    assert encoders(server) == []
