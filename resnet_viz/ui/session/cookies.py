"""Cookies of the server: which races a browser has the controls of, and the owner's key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie

CONTROLS, OWNER = "resnet_viz_controls", "resnet_viz_owner"
ONE_A_RACE = "resnet_viz_steer_"
"""How the cookies of earlier versions begin, one for each race: with a hundred of them no
page of the host opened any more."""
MOST_BYTES = 2_000
"""Of the controls: proxies take 4,096 for all headers of an answer, browsers for a cookie."""
_WEEK = 7 * 24 * 3600
_MONTH = 30 * 24 * 3600
_ENTRY = re.compile(r"([\w-]{1,100})\.([\w-]{1,100})", re.ASCII)


def read(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """The cookies of a request by name."""
    values: dict[str, str] = {}
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, text = part.strip().partition("=")
                values[key] = text.strip('"')
    return values


def controls(cookies: Mapping[str, str]) -> Mapping[str, str]:
    """The keys of races in the cookies, the newest first; none has been checked."""
    keys: dict[str, str] = {}
    for entry in cookies.get(CONTROLS, "").split(":"):
        if match := _ENTRY.fullmatch(entry):
            keys.setdefault(match[1], match[2])
    for name in old_names(cookies):
        keys.setdefault(name.removeprefix(ONE_A_RACE), cookies[name])
    return keys


def old_names(cookies: Mapping[str, str]) -> list[str]:
    """The names of cookies of earlier versions among them."""
    return [name for name in cookies if name.startswith(ONE_A_RACE)]


def keep_controls(keys: Mapping[str, str], *, secure: bool) -> str:
    """The header value that makes the browser keep these keys, as many of the first as fit."""
    text = ""
    for race_id, key in keys.items():
        entry = f"{race_id}.{key}"
        if _ENTRY.fullmatch(entry) and len(text) + len(entry) < MOST_BYTES:
            text += f":{entry}" if text else entry
    return _set(CONTROLS, text, _WEEK, secure=secure)


def keep_owner(key: str, *, secure: bool) -> str:
    """The header value that makes the browser keep the owner's key."""
    return _set(OWNER, key, _MONTH, secure=secure)


def forget(name: str) -> str | None:
    """The header value that makes the browser forget a cookie; None for an invalid name."""
    try:
        return _set(name, "", 0, secure=False)
    except CookieError:
        return None


def _set(name: str, value: str, seconds: int, *, secure: bool) -> str:
    """Out of reach for scripts, and not sent with what another site asks for."""
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel.update({"path": "/", "max-age": str(seconds), "samesite": "Strict"})
    morsel["httponly"], morsel["secure"] = True, secure
    return morsel.OutputString()
