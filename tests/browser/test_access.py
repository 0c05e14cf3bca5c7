"""Every page and tab by axe-core, in both themes: nothing serious, headings in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_SECONDS, App, settle, tabs_of
from tests.labs import ENDLESS, TINY, tiny_spec, wait_until

Open = Callable[[str], Page]
ALSO = ("heading-order", "landmark-unique")
"""Only moderate, but screen readers go from heading to heading and from landmark to landmark."""
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]},
    "rules": {rule: {"enabled": True} for rule in ALSO},
    "resultTypes": ["violations"],
}
PLAIN = TINY.model_copy(update={"shortcut": "none"})


def test_nothing_serious(shared_app: App, open_page: Open) -> None:
    lab = shared_app.lab
    over = lab.race([tiny_spec(), tiny_spec(config=PLAIN)])
    page = open_page(shared_app.url)
    found: list[str] = []
    for tab in tabs_of(page):
        found += faults(page, tab)
    for path in ("/compare", "/design_space", "/initialisation", "/race", "/runs"):
        page.goto(shared_app.url + path)
        settle(page)
        found += faults(page, path)
    wait_until(lambda: all(run.is_over for run in lab.race_runs(over)), PATIENCE_SECONDS)
    page.goto(f"{shared_app.url}/race?race={over}&steer={lab.steering_key(over)}")
    settle(page)
    found += faults(page, "race that is over")
    page.get_by_role("button", name="Next race").click()
    settle(page)
    found += faults(page, "race with the next one's settings")
    assert found == []


def test_controls_of_a_race_have_names(shared_app: App, open_page: Open) -> None:
    """Also once the settings have been unfolded and folded again."""
    lab = shared_app.lab
    race_id = lab.race([tiny_spec(steps=ENDLESS)])
    try:
        page = open_page(f"{shared_app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}")
        page.get_by_role("button", name="Next race").click()
        page.get_by_role("button", name="Fold away").click()
        for name in ("Next race", "One step back", "One step on", "Pause", "Single step"):
            expect(page.get_by_role("button", name=name)).to_be_visible()
        expect(page.get_by_role("slider", name="Step shown")).to_be_visible()
        assert faults(page, "race under way") == []
    finally:
        lab.stop(lab.race_runs(race_id)[0].id)


def faults(page: Page, where: str) -> Sequence[str]:
    """What axe-core finds on the page as it stands, in both themes; one line a node."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(500)  # tabs and pictures fade in, colours change
        found += [
            f"{where}, {theme}: {fault['id']} at {node['target']}: {node['failureSummary']}"
            for fault in Axe().run(page, options=OPTIONS).response["violations"]
            if fault["impact"] in ("serious", "critical") or fault["id"] in ALSO
            for node in fault["nodes"]
            if not is_streamlits_own(fault, node)
        ]
    return found


def is_streamlits_own(fault: dict[str, Any], node: dict[str, Any]) -> bool:
    """The scrolling <pre> of st.code, to which no page can give a tabindex.

    Chromium (from 130) and Firefox let the keyboard reach and scroll it without one.
    """
    return fault["id"] == "scrollable-region-focusable" and node["html"].startswith("<pre ")
