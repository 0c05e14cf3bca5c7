"""The film maker on the real server: who may watch a race gets its film, and nobody else's time."""

from __future__ import annotations

import io
import socket
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
from tests.ui.server.conftest import Answer, Serve, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server and its launcher")

OCTETS = {"content-type": "application/octet-stream"}
PICTURES = b"".join(len(one).to_bytes(4, "big") + one for one in map(png, COLOURS))


@pytest.fixture(scope="module")
def race(server: Server) -> str:
    lab = Lab(server.home)
    race_id = lab.race([tiny_spec(steps=3)])
    end(lab)
    return race_id


def ask(
    server: Server, query: str, body: bytes = PICTURES, kind: str = "", visitor: str = ""
) -> Answer:
    headers = {"content-type": kind or OCTETS["content-type"], "x-forwarded-for": visitor}
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
    query = f"race={race}&format=gif&ms=200"
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda of: ask(server, query, visitor=of), "abab"))
    assert [answer.status for answer in answers] == [200] * 4


def begun_upload(server: Server, race: str, **headers: str) -> HTTPConnection:
    """A connection that has sent the head of an upload, with these besides the usual ones."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("POST", f"/film?race={race}&format=gif&ms=200")
    for name, value in (OCTETS | headers).items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return connection


def slow_upload(server: Server, race: str) -> HTTPConnection:
    """A visitor who begins to send pictures, and does not go on."""
    connection = begun_upload(server, race, content_length="99999", x_forwarded_for="slow")
    connection.send(b"0" * 999)
    return connection


def test_slow_uploads_of_one_visitor_leave_places_to_others(server: Server, race: str) -> None:
    query = f"race={race}&format=gif&ms=200"
    slow = [slow_upload(server, race) for _ in range(4)]
    try:
        time.sleep(1)
        for _ in range(3):
            assert ask(server, query, visitor="other").status == 200
        refused = ask(server, query, visitor="slow")
        assert refused.status == 503
        assert refused.body.startswith(b"You are recording 2 films already.")
    finally:
        for connection in slow:
            connection.close()


def test_who_reads_no_film_does_not_keep_a_server_that_is_told_to_end(serve: Serve) -> None:
    server = serve()
    lab = Lab(server.home)
    race_id = lab.race([tiny_spec(steps=3)])
    end(lab)
    sending = slow_upload(server, race_id)
    noise = io.BytesIO()
    Image.effect_noise((1280, 720), 50).save(noise, "PNG")
    one = noise.getvalue()
    body = (len(one).to_bytes(4, "big") + one) * 30
    host, port = urlsplit(server.url).netloc.split(":")
    reader = socket.create_connection((host, int(port)))
    reader.sendall(
        f"POST /film?race={race_id}&format=gif&ms=200 HTTP/1.1\r\nhost: localhost\r\n"
        f"content-type: {OCTETS['content-type']}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    )
    reader.sendall(body)
    assert reader.recv(4) == b"HTTP"  # and no more: what is left does not fit into buffers
    began = time.monotonic()
    server.process.terminate()
    psutil.wait_procs([server.process], 30)
    assert time.monotonic() - began < 6
    sending.close()
    reader.close()


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
    connection = begun_upload(server, race, content_length="9999999999")
    answer = connection.getresponse()
    assert (answer.status, b"too large" in answer.read()) == (413, True)
    connection.close()


def test_a_body_in_chunks_is_no_longer_than_another(server: Server, race: str) -> None:
    connection = begun_upload(server, race, content_length="9", transfer_encoding="chunked")
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
