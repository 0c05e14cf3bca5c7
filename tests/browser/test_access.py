"""Every page by axe-core, in both themes: nothing serious or critical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PAGES, App, tabs_of

Open = Callable[[str], Page]

# Streamlit's own parts, whose markup the app cannot change: none are excluded so far.
NOT_OURS: list[str] = []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious(shared_app: App, open_page: Open, theme: Literal["light", "dark"]) -> None:
    page = open_page("about:blank")
    page.emulate_media(color_scheme=theme)
    found = []
    for path in PAGES.values():
        page.goto(shared_app.url + path)
        for tab in tabs_of(page):
            page.wait_for_timeout(500)
            context = {"exclude": [[selector] for selector in NOT_OURS]}
            report = Axe().run(page, context=context).response
            found += [
                f"{path} {tab}: {fault['id']} at {node['target']}: {node['failureSummary']}"
                for fault in report["violations"]
                if fault["impact"] in ("serious", "critical")
                for node in fault["nodes"]
            ]
    assert found == []
