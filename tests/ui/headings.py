"""The headings of a page, in its order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from streamlit.testing.v1 import AppTest


def titles(app: AppTest) -> Sequence[str]:
    """Those of level 1."""
    return _headings(app, 1)


def headers(app: AppTest) -> Sequence[str]:
    """Those of level 2."""
    return _headings(app, 2)


def _headings(app: AppTest, level: int) -> Sequence[str]:
    found = (re.fullmatch(f"<h{level}>(.*)</h{level}>", one.value) for one in app.html)
    return [unescape(one[1]) for one in found if one]
