"""Places are few, fair, and given up by whoever leaves."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from resnet_viz.ui.common.places import Places


def test_no_more_than_the_most_are_held_at_once() -> None:
    places, lock = Places(2), threading.Lock()
    held, most = 0, 0

    def work(_: int) -> None:
        nonlocal held, most
        with places.one(lambda before: None):
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0.05)
            with lock:
                held -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert most == 2


def test_who_waits_is_told_how_many_go_before_and_is_served_in_order() -> None:
    places, ends = Places(1), threading.Event()
    told: dict[int, list[int]] = {1: [], 2: []}
    served: list[int] = []

    def first() -> None:
        with places.one(lambda before: None):
            ends.wait(10)

    def other(number: int) -> None:
        with places.one(told[number].append):
            served.append(number)

    threads = [threading.Thread(target=first)]
    threads += [threading.Thread(target=other, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    ends.set()
    for thread in threads:
        thread.join(10)
    assert served == [1, 2]
    assert set(told[1]) == {1}
    assert told[2][0] == 2


def test_who_leaves_while_waiting_gives_the_place_up() -> None:
    places = Places(1)

    def leave(before: int) -> None:
        raise KeyboardInterrupt

    with places.one(leave), pytest.raises(KeyboardInterrupt), places.one(leave):
        raise AssertionError("there was no place")
    with places.one(leave):
        pass


def test_a_failure_gives_the_place_up() -> None:
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.one(lambda before: None):
        raise ZeroDivisionError
    with places.one(lambda before: pytest.fail("the place is still held")):
        pass
