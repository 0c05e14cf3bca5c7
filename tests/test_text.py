"""Words for people: names that are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.text import distinct, duration


def test_equal_names_are_numbered_from_the_second_on() -> None:
    assert distinct(["b", "a", "b", "b"]) == ("b", "a", "b (2)", "b (3)")


@given(st.lists(st.sampled_from(["a", "a (2)", "a (2) (2)", "a (3)"]), max_size=8))
def test_no_two_names_are_the_same_whatever_they_were(names: list[str]) -> None:
    made = distinct(names)
    assert len(set(made)) == len(names)
    assert all(new.startswith(old) for old, new in zip(names, made, strict=True))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((-3, "0 s"), (-1, "0 s"), (9.4, "9 s"), (59.4, "59 s"), (59.6, "1 min 0 s")),
        *((200, "3 min 20 s"), (7500, "2 h 5 min")),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said
