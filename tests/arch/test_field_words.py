"""Every field, and every choice of a field, has words of its own."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

import pytest

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import FIELDS, VALUES, value_words

CHOICES = [
    (name, value)
    for name, field in ResNetConfig.model_fields.items()
    if get_origin(field.annotation) is Literal
    for value in get_args(field.annotation)
]


def test_every_field_has_words() -> None:
    assert list(FIELDS) == list(ResNetConfig.model_fields)
    assert not [words for words in FIELDS.values() if "_" in words]


@pytest.mark.parametrize(("field", "value"), CHOICES)
def test_no_identifier_stands_in_the_words_of_a_choice(field: str, value: str) -> None:
    assert "_" not in value_words(field, value)
    assert (field, value) in VALUES


def test_other_values_are_told_with_their_field() -> None:
    assert value_words("depths", (3, 4)) == "blocks per stage 3-4"
    assert value_words("shortcut", "none") == "no shortcuts"
    with pytest.raises(KeyError):
        value_words("nonsense", 1)
