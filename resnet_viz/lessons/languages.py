"""Languages of the lessons, and the few words around their texts in each (gettext)."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from resnet_viz.text import Words

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""Each by its code, in its own words. The first is the language of the code."""
DOMAIN = "lessons"
LOCALE = Path(__file__).with_name("locale")


@lru_cache(maxsize=8)
def words_in(language: str) -> Words:
    """The words of a language; English where there are none."""
    found = gettext.translation(DOMAIN, LOCALE, [language], fallback=language in LANGUAGES)
    return found.gettext


def words_of(language: str) -> Words:
    """The words of a language that an address names; of the first where it is none of ours."""
    return words_in(language if language in LANGUAGES else next(iter(LANGUAGES)))
