"""The cookies that the server sets: one for all races, which stays small."""

import secrets
from http.cookies import SimpleCookie

from resnet_viz.ui.session import cookies

BROWSERS_TAKE = 4_096


def kept(header: str) -> dict[str, str]:
    """What a browser has after a Set-Cookie header, which is bounded and not for scripts."""
    parsed = SimpleCookie(header)
    assert all(one["httponly"] and one["samesite"] == "Strict" for one in parsed.values())
    assert len(header) < BROWSERS_TAKE
    return {name: one.value for name, one in parsed.items()}


def test_the_newest_races_stay_and_the_cookie_is_bounded() -> None:
    races = {secrets.token_urlsafe(16): secrets.token_urlsafe(32) for _ in range(500)}
    held: dict[str, str] = {}
    for race, key in races.items():
        held = dict(cookies.controls(kept(cookies.keep_controls({race: key} | held, secure=True))))
    newest = list(reversed(races.items()))
    assert list(held.items()) == newest[: len(held)]
    assert len(held) >= 29


def test_those_of_earlier_versions_are_taken_over() -> None:
    old = {cookies.ONE_A_RACE + secrets.token_urlsafe(16): "k" * 43 for _ in range(200)}
    brought = {cookies.CONTROLS: "new.key", "other": "x"} | old
    held = cookies.controls(brought)
    assert next(iter(held)) == "new"
    assert len(held) == 201
    assert set(cookies.old_names(brought)) == set(old)
    assert "new" in cookies.controls(kept(cookies.keep_controls(held, secure=False)))
    for name in old:
        gone = SimpleCookie(cookies.forget(name))[name]
        assert (gone.value, gone["max-age"], gone["path"]) == ("", "0", "/")


def test_what_is_no_key_is_left_out() -> None:
    for text in ("", ":", "a", "a.b.c", "a b.c", "a.b;path=/", "é.b", "." * 9, "a." + "b" * 200):
        assert cookies.controls({cookies.CONTROLS: text}) == {}
    wrong = {"a;b": "c", "a": "b\r\nSet-Cookie: x=y", "": "", "right": "key"}
    assert cookies.controls(kept(cookies.keep_controls(wrong, secure=False))) == {"right": "key"}
    assert cookies.forget(cookies.ONE_A_RACE + "é; x") is None


def test_a_requests_cookies_are_read() -> None:
    headers = [(b"host", b"here"), (b"cookie", b'a=b; c="d"; e'), (b"cookie", b"f=g=h")]
    assert cookies.read(headers) == {"a": "b", "c": "d", "e": "", "f": "g=h"}
