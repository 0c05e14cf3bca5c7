"""Every page as it opens by axe-core, in both themes: nothing serious or critical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PAGES, App, settle

Open = Callable[[str], Page]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious(shared_app: App, open_page: Open, theme: Literal["light", "dark"]) -> None:
    page = open_page(shared_app.url)
    page.emulate_media(color_scheme=theme)
    found = []
    for path in PAGES.values():
        page.goto(shared_app.url + path)
        settle(page)
        page.wait_for_timeout(1000)
        found += [
            f"{path}: {fault['id']} at {node['target']}: {node['failureSummary']}"
            for fault in Axe().run(page).response["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
    assert found == []
