"""Locality of a visitor: at the server's own computer, or elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

_FORWARDING = ("x-forwarded", "x-original", "x-envoy", "x-proxy", "cf-", "cdn-", "tailscale-")
"""How the names of headers begin that proxies and tunnels add, and browsers do not."""
_FORWARDED = frozenset(
    {
        *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"),
        *("fly-client-ip", "fastly-client-ip", "x-appengine-user-ip", "x-azure-clientip"),
        *("x-scheme", "x-script-name", "x-arr-log-id", "x-amzn-trace-id"),
    }
)


def is_at_the_server(address: str | None, headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a request came from the server's own computer, with nothing in between.

    A proxy or tunnel on that computer connects from loopback, too; so it must neither have added a
    header, nor have been asked for by another name: that also keeps out a stranger's page whose
    name was made to lead to loopback (DNS rebinding).
    """
    return (address is None or is_loopback(address)) and all(
        _is_from_here(name.lower(), value) for name, value in headers
    )


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, always means this computer."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def visitor_address(address: str | None, forwarded: Sequence[str], *, is_public: bool) -> str:
    """The address that a visitor counts for: the connection's, or what the nearest proxy said.

    `forwarded` are the addresses of X-Forwarded-For. Where the app `is_public` proxies may stand in
    private networks, and are passed by; otherwise a proxy is on the server's own computer, and
    nobody else's word is taken.
    """
    said = [one.strip() for one in forwarded if one.strip()]
    if address is None:
        return said[-1] if said else ""
    if not (is_public and _is_private(address)):
        return address
    return next((one for one in reversed(said) if not _is_private(one)), address)


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def _is_from_here(name: str, value: str) -> bool:
    if name == "host":
        return is_loopback(_host_of(f"//{value}"))
    if name == "origin":
        return is_loopback(_host_of(value))
    return name not in _FORWARDED and not name.startswith(_FORWARDING)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
