"""Every page and tab by axe-core, in both themes: nothing serious, headings in order."""

from __future__ import annotations

import time
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


def test_nothing_serious_on_the_start_page(app: App, open_page: Open) -> None:
    page = open_page(app.url)
    expect(page.get_by_text("Recorded on")).to_be_visible()
    assert faults(page, "start") == []


def test_nothing_serious_on_the_architecture_page(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture")
    assert [fault for tab in tabs_of(page) for fault in faults(page, tab)] == []


def test_nothing_serious_on_the_other_pages(app: App, open_page: Open) -> None:
    """The list of runs has two."""
    finished(app)
    page = open_page(f"{app.url}/_stcore/health")
    found: list[str] = []
    for path in ("/compare", "/design_space", "/initialisation", "/race", "/runs", "/sweeps"):
        page.goto(app.url + path)
        settle(page)
        found += faults(page, path)
    assert found == []


def test_nothing_serious_about_a_race_that_is_over(app: App, open_page: Open) -> None:
    over = finished(app)
    page = open_page(f"{app.url}/race?race={over}&steer={app.lab.steering_key(over)}")
    settle(page)
    found = [*faults(page, "race that is over")]
    page.get_by_role("button", name="Next race").click()
    settle(page)
    found += faults(page, "race with the next one's settings")
    assert found == []


def test_nothing_serious_in_any_state_of_a_page(app: App, open_page: Open) -> None:
    """What is opened, refused, chosen or wrong, beside the pages as they are at first."""
    lab = app.lab
    over, diverged = finished(app), finished(app, lr=1e6)
    two = f"{app.url}/race?race={over}&steer={lab.steering_key(over)}"
    graphs = {"graphs": f"{two}&open=graphs,diagnosis,why", "present": f"{two}&present=1"}
    links = graphs | {
        "diverged": f"{app.url}/race?race={diverged}",
        "gone": f"{app.url}/race?race=gone",
        "six nets": f"{app.url}/race?more=" + ";".join(["resnet20-cifar", "plain20-cifar"] * 2),
        "wrong field": f"{app.url}/architecture?net=resnet50&depths=0",
        "plain": f"{app.url}/architecture?net=plain34",
        "compare": f"{app.url}/compare?a=resnet50&b=resnet50-v1&c=plain18",
    }
    page = open_page(f"{app.url}/_stcore/health")
    found: list[str] = []
    for state, link in links.items():
        page.goto(link)
        settle(page)
        found += faults(page, state)
    page.goto(f"{app.url}/architecture?net=resnet18")
    settle(page)
    page.get_by_role("searchbox").first.fill("stage 2")
    page.keyboard.press("Enter")
    found += faults(page, "a block that was searched for")
    page.goto(two)
    settle(page)
    for name in ("Link", "Again", "Export", "Axis and smoothing"):
        page.get_by_role("button", name=name, exact=True).first.click()
        settle(page)
        found += faults(page, name)
        page.keyboard.press("Escape")
    page.goto(f"{app.url}/race")
    settle(page)
    for name in ("Add a net", "More settings"):
        page.get_by_role("button", name=name, exact=True).first.click()
        settle(page)
        found += faults(page, name)
        page.keyboard.press("Escape")
    assert found == []


def finished(app: App, **settings: Any) -> str:
    """The id of a race of a residual net and a plain one, which is over."""
    race = app.lab.race([tiny_spec(**settings), tiny_spec(config=PLAIN, **settings)])
    wait_until(lambda: all(run.is_over for run in app.lab.race_runs(race)), PATIENCE_SECONDS)
    return race


def test_controls_of_a_race_have_names(app: App, open_page: Open) -> None:
    """Also once the settings have been unfolded and folded again."""
    lab = app.lab
    race_id = lab.race([tiny_spec(steps=ENDLESS)], pace=20)
    try:
        page = open_page(f"{app.url}/race?race={race_id}&steer={lab.steering_key(race_id)}")
        page.get_by_role("button", name="Next race").click()
        page.get_by_role("button", name="Fold away").click()
        for name in ("Next race", "One step back", "One step on", "Pause training", "Live"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
        expect(page.get_by_role("slider", name="Step shown")).to_be_visible()
        assert faults(page, "race under way") == []
    finally:
        lab.stop(lab.race_runs(race_id)[0].id)


BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 22, 29)"}
HAS_BACKGROUND = """colour =>
    getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor === colour"""
# Tabs and pictures fade in, colours change; a spinner turns for ever.
IS_STILL = """() => document.getAnimations().every(one =>
    one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)"""
DRAWING_SECONDS = 15.0


def faults(page: Page, where: str) -> Sequence[str]:
    """What axe-core finds on the page, in both themes; one line a node."""
    found: list[str] = []
    for theme, background in BACKGROUNDS.items():
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_function(HAS_BACKGROUND, arg=background)
        found += [f"{where}, {theme}: {fault}" for fault in lasting_faults(page)]
    return found


def lasting_faults(page: Page) -> Sequence[str]:
    """Those that are there once the page is drawn: half of a drawing may have faults that its end
    has not."""
    deadline = time.monotonic() + DRAWING_SECONDS
    while True:
        page.wait_for_timeout(100)  # what is about to move has begun to
        page.wait_for_function(IS_STILL)
        found = faults_now(page)
        if not found or time.monotonic() > deadline:
            return found


def faults_now(page: Page) -> Sequence[str]:
    return [
        f"{fault['id']} at {node['target']}: {node['failureSummary']}"
        for fault in Axe().run(page, options=OPTIONS).response["violations"]
        if fault["impact"] in ("serious", "critical") or fault["id"] in ALSO
        for node in fault["nodes"]
        if not is_streamlits_own(fault, node)
    ]


def is_streamlits_own(fault: dict[str, Any], node: dict[str, Any]) -> bool:
    """The scrolling <pre> of st.code, to which no page can give a tabindex.

    Chromium (from 130) and Firefox let the keyboard reach and scroll it without one.
    """
    return fault["id"] == "scrollable-region-focusable" and node["html"].startswith("<pre ")
