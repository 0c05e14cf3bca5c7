"""Who sits at the server's own computer."""

from collections.abc import Mapping

import pytest

from resnet_viz.ui.session.locality import is_at_the_server

HOST = {"Host": "localhost:8501"}


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (None, {}),  # as Streamlit says loopback
        ("127.0.0.1", HOST),
        ("::1", {"Host": "[::1]:8501"}),
        ("::ffff:127.0.0.1", {"Host": "127.0.0.1:8501"}),
        ("127.0.0.1", HOST | {"Origin": "http://localhost:8501", "User-Agent": "a browser"}),
        ("127.0.0.1", HOST | {"Referer": "https://elsewhere.example/", "Cookie": "a=b"}),
    ],
)
def test_here(address: str | None, headers: Mapping[str, str]) -> None:
    assert is_at_the_server(address, headers.items())


@pytest.mark.parametrize(
    "address", ["192.168.0.7", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", ""]
)
def test_another_computer(address: str) -> None:
    assert not is_at_the_server(address, HOST.items())


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For",
        "x-forwarded-proto",
        "X-Forwarded-Host",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "Cf-Connecting-Ip",
        "CF-Ray",
        "True-Client-IP",
        "X-Envoy-External-Address",
        "X-ProxyContextPath",
        "Tailscale-User-Login",
    ],
)
def test_a_proxy_or_tunnel_whatever_it_claims(header: str) -> None:
    for value in ("203.0.113.9", "127.0.0.1", ""):
        assert not is_at_the_server("127.0.0.1", (HOST | {header: value}).items())


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "0.tcp.tunnel.example:17203"},  # a tunnel that adds no header
        {"Host": "evil.example:8501"},  # a name that was made to lead to 127.0.0.1
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": "[bad"},
        {"Host": ""},
        # A proxy that puts its own name for the server, with Streamlit's check of origins off.
        HOST | {"Origin": "https://class.example"},
        HOST | {"Origin": "null"},
    ],
)
def test_another_name_for_this_computer(headers: Mapping[str, str]) -> None:
    assert not is_at_the_server("127.0.0.1", headers.items())
