"""One visitor's extreme wishes, and how soon the server answers another meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.first_point import served
from benchmarks.result import Result
from benchmarks.visitor import Visitor

SECONDS = 10.0
NET = "net=resnet34&depths=10000-5000-3000-2000&image_size=16384"
FOUR = "&".join(
    f"{letter}=resnet34,depths={10_000 - number}-5000-3000-2000,image_size=16384"
    for number, letter in enumerate("abcd")
)
WISHES = (("", NET), ("compare", FOUR), ("race", ""), ("design_space", ""))


def run() -> Iterator[Result]:
    """Seconds of a first visit of two pages, while another asks for nets of 20,000 blocks."""
    with served() as (url, *_):
        _visit(url, "", "")  # the first visit of all imports what pages need
        alone = _visits(url, SECONDS / 2)
        is_over = threading.Event()
        other = threading.Thread(target=_wish, args=(url, is_over))
        other.start()
        beside = _visits(url, SECONDS)
        is_over.set()
        other.join()
    slowest = max(beside)
    yield Result(
        "a visit while another asks for nets of 20,000 blocks on every page: the slowest",
        f"{1000 * slowest:.0f} ms (median {1000 * median(beside):.0f}, "
        f"alone {1000 * median(alone):.0f})",
        "< 1,000 ms",
        slowest < 1,
    )


def _visits(url: str, seconds: float) -> list[float]:
    until, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < until:
        taken += [_visit(url, "", ""), _visit(url, "race", "")]
    return taken


def _wish(url: str, is_over: threading.Event) -> None:
    while not is_over.is_set():
        for page, query in WISHES:
            _visit(url, page, query)


def _visit(url: str, page: str, query: str) -> float:
    visitor = Visitor(url, page, query)
    seconds = visitor.visit()
    visitor.close()
    return seconds
