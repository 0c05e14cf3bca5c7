"""Words for people: names that are told apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.text import distinct


def test_equal_names_are_numbered_from_the_second_on() -> None:
    assert distinct(["b", "a", "b", "b"]) == ("b", "a", "b (2)", "b (3)")


@given(st.lists(st.sampled_from(["a", "a (2)", "a (2) (2)", "a (3)"]), max_size=8))
def test_no_two_names_are_the_same_whatever_they_were(names: list[str]) -> None:
    made = distinct(names)
    assert len(set(made)) == len(names)
    assert all(new.startswith(old) for old, new in zip(names, made, strict=True))
