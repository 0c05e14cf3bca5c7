"""A folder for the jobs of these pages, and one launcher for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.architecture.shown import opened
from tests.ui.jobs import home_in


@pytest.fixture(scope="package", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The store's folder."""
    with home_in(tmp_path_factory.mktemp("architecture")) as folder:
        yield folder


@pytest.fixture
def app() -> AppTest:
    """The app, whose next run draws the page."""
    return opened()
