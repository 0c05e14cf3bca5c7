"""What visitors can make the real server keep: uploads, sessions, file descriptors."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import InvalidStatus

from benchmarks.visitor import Visitor
from tests.labs import wait_until
from tests.ui.server.conftest import Answer, Serve, Server

pytestmark = pytest.mark.flaky(reruns=1, reason="processes: a server")

MB = 2**20
BOUNDARY = "b0undary"
LEFT_SECONDS = 2


@pytest.fixture(scope="module")
def server(serve: Serve) -> Server:
    """A file of 2 MB at most, so that a session may have 2.5 MB, and all of them 8 MB."""
    options = ("--server.maxUploadSize=2", f"--server.disconnectedSessionTTL={LEFT_SECONDS}")
    one = serve(*options)
    with one.visit():
        return one


def upload(server: Server, session: str, name: str, megabytes: float) -> Answer:
    """Puts a file to Streamlit's address for uploads, as its page does, without a widget."""
    headers = form_headers(server)
    return server.ask(place(session, name), "PUT", headers, form(megabytes))


def place(session: str, name: str) -> str:
    return f"/_stcore/upload_file/{session}/{name}"


def form_headers(server: Server) -> dict[str, str]:
    token = server.ask("/_stcore/health").cookies.get("_streamlit_xsrf", "")
    return {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }


def form(megabytes: float) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    return head.encode() + bytes(int(megabytes * MB)) + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_session_holds_a_file_and_little_more(server: Server) -> None:
    with server.visit() as visitor:
        assert upload(server, visitor.session, "one", 1.5).status == 204
        refused = upload(server, visitor.session, "two", 1.5)
        assert (refused.status, refused.body[:9]) == (413, b"This page")
        assert upload(server, visitor.session, "one", 1.9).status == 204, "it takes its own place"
        assert upload(server, visitor.session, "two", 0.4).status == 204
        assert upload(server, visitor.session, "three", 0.4).status == 413


def test_a_file_is_refused_by_its_size_before_it_is_read(server: Server) -> None:
    with server.visit() as visitor:
        connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.putrequest("PUT", f"/_stcore/upload_file/{visitor.session}/large")
        connection.putheader("Content-Length", str(3 * MB))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_the_server_holds_four_and_forgets_those_of_sessions_that_left(server: Server) -> None:
    """Also where many sessions share the files out."""
    time.sleep(LEFT_SECONDS + 2)
    visitors = [Visitor(server.url) for _ in range(5)]
    for visitor in visitors:
        visitor.visit()
    answers = [upload(server, visitor.session, "one", 1.9) for visitor in visitors]
    assert [answer.status for answer in answers] == [204, 204, 204, 204, 503]
    for visitor in visitors[:-1]:
        visitor.close()
    wait_until(lambda: upload(server, visitors[-1].session, "one", 1.9).status == 204, 30)
    visitors[-1].close()


def test_a_file_that_comes_after_its_session_has_gone_is_not_kept(server: Server) -> None:
    """Streamlit looks for the session before the first byte only."""
    body, connection = form(1.9), HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    with server.visit() as visitor:
        connection.putrequest("PUT", place(visitor.session, "late"))
        for name, value in form_headers(server).items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:1000])
        time.sleep(0.5)  # it has begun
    time.sleep(LEFT_SECONDS + 2)
    connection.send(body[1000:])
    assert connection.getresponse().status == 204
    connection.close()
    kept = server.ask("/_stcore/metrics?families=cache_memory_bytes").body.decode()
    assert "cache_memory_bytes" in kept
    assert "UploadedFileManager" not in kept


def test_an_upload_to_no_session_is_refused(server: Server) -> None:
    assert upload(server, "nobody", "one", 0.1).status == 400


@pytest.fixture(scope="module")
def small(serve: Serve) -> Server:
    """A server with few descriptors, whose limit cannot be raised."""
    one = serve(wrapper="ulimit -n 160")
    with one.visit():
        return one


def test_few_descriptors_serve_any_number_of_visits(small: Server) -> None:
    """Three were held for each session that left, for two minutes: 82 visits used up 256."""
    held = []
    for number in range(100):
        visitor = Visitor(small.url)
        if number % 10 == 9:
            visitor.visit()
        visitor.close()
        held.append(small.process.num_fds())
    assert max(held) < 100
    with small.visit() as visitor:
        assert visitor.heard
    assert "Too many open files" not in small.log.read_text()


def test_a_crowd_is_refused_before_the_server_is_out_of_descriptors(small: Server) -> None:
    """Those who are there go on; who leaves makes room."""
    with small.visit() as first:
        crowd: list[Visitor] = []
        while _comes_in(small, crowd):
            assert len(crowd) < 40
        assert len(crowd) >= 3
        first.visit()
        crowd.pop().close()
        wait_until(lambda: _comes_in(small, crowd), 10)
        crowd[-1].visit()
        for visitor in crowd:
            visitor.close()
    assert small.log.read_text().count("was refused") == 1, "one line a minute"


def _comes_in(server: Server, crowd: list[Visitor]) -> bool:
    try:
        crowd.append(Visitor(server.url))
    except InvalidStatus:
        return False
    return True


def test_the_limit_is_raised_where_it_may_be_and_embedding_is_allowed(serve: Serve) -> None:
    """Of a server that is started with both."""
    origin = "https://school.example"
    raised = serve(f"--client.allowedOrigins={origin}", wrapper="ulimit -S -n 256")
    headers = raised.ask("/").headers
    assert headers["content-security-policy"].endswith(f"frame-ancestors 'self' {origin}")
    assert "x-frame-options" not in headers
    if hasattr(raised.process, "rlimit"):  # macOS does not tell
        soft, hard = raised.process.rlimit(psutil.RLIMIT_NOFILE)
        assert soft == min(8_192, hard)


def test_a_fault_is_logged_and_not_shown(serve: Serve, tmp_path: Path) -> None:
    """Neither its text, nor its kind, nor a line of source reaches the visitor."""
    app = tmp_path / "app.py"
    app.write_text(FAULTY)
    faulty = serve(app=app)
    for query in ("script", "fragment"):
        with faulty.visit(query=f"kind={query}") as visitor:
            for secret in (b"s3cret", b"RuntimeError", b"raise ", b"Traceback", b'", line '):
                assert secret not in visitor.heard, query
            assert b"server's log" in visitor.heard
    assert faulty.log.read_text().count("s3cret-of-script") == 1


FAULTY = """
import streamlit as st
if __name__ == "__main__":
    kind = st.query_params["kind"]
    def fail():
        raise RuntimeError("s3cret-of-" + kind)
    if kind == "fragment":
        st.fragment(fail)()
    else:
        fail()
else:
    from resnet_viz.ui.server import serving
    app = st.App(__file__, middleware=serving.middleware(), lifespan=serving.lifespan,
                 on_script_error=serving.tell_error)
"""
