"""The real server, without a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from benchmarks.visitor import Visitor
from tests.launchers import end_launchers

ROOT = Path(__file__).parents[3]
HEALTH = "/_stcore/health"


@dataclass(frozen=True)
class Answer:
    """What the server said; redirections are not followed."""

    status: int
    headers: Message
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """By name, those that are to be kept."""
        lines = self.headers.get_all("set-cookie") or []
        pairs = (line.partition(";")[0].partition("=") for line in lines)
        return {name: value for name, _, value in pairs}


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    home: Path
    log: Path
    process: psutil.Process

    @property
    def key(self) -> str:
        return (self.home / "owner.key").read_text().strip()

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    @contextmanager
    def visit(
        self, page: str = "", query: str = "", headers: Mapping[str, str] | None = None
    ) -> Iterator[Visitor]:
        """Somebody whose page has been drawn."""
        visitor = Visitor(self.url, page, query, headers)
        try:
            visitor.visit()
            yield visitor
        finally:
            visitor.close()


Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts servers by Streamlit's own command, which end with the module's tests."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        *options: str,
        wrapper: str = "",
        app: Path = ROOT / "app.py",
        health: str = HEALTH,
        home: Path | None = None,
    ) -> Server:
        folder = tmp_path_factory.mktemp("server")
        home = home or folder / "home"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless=true"]
        command += [f"--server.port={port}", *options]
        if wrapper:
            command = ["sh", "-c", f'{wrapper} && exec "$@"', "sh", *command]
        environment = os.environ | {"RESNET_VIZ_HOME": str(home)}
        environment["PYTHONPATH"] = str(ROOT)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        _await_health(url + health, process, folder / "log")
        return Server(url, home, folder / "log", psutil.Process(process.pid))

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)
    end_launchers(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def server(serve: Serve) -> Server:
    """As anybody starts it, with small limits."""
    one = serve("--server.maxUploadSize=2")
    with one.visit():  # the first asks for the app alone
        return one


def _await_health(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())
