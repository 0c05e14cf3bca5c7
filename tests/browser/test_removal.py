"""Blocks removed on the stage: by click, key and at random, against what the store measured."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.lesion import removal_in
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.browser.test_access import faults
from tests.labs import tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

NET = revise(preset("resnet20-cifar"), depths=(2, 3, 2), widths=(8, 16, 32))
STEPS = 40
TINY_STEPS = 3
SAID = re.compile(r"removed (\d+) blocks?: error ([\d.]+) % to ([\d.]+) %")


@pytest.fixture(scope="module")
def race(server_of_all: App) -> str:
    """The id of a race that is over, of a residual net and its plain twin that both learn."""
    lab = server_of_all.lab
    nets = {"Residual": NET, "Plain": plain_twin(NET)}
    specs = [
        RunSpec(config=net, name=name, steps=STEPS, lr=0.05, device="cpu")
        for name, net in nets.items()
    ]
    race = lab.race(specs)
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race)))
    return race


def steered(app: App, race: str) -> str:
    return f"{app.url}/race?race={race}&steer={app.lab.steering_key(race)}"


def blocks(page: Page, net: str) -> Locator:
    return page.get_by_role("toolbar", name=f"Blocks of {net}", exact=True).get_by_role("button")


def block(page: Page, net: str, label: str) -> Locator:
    return page.get_by_role("toolbar", name=f"Blocks of {net}", exact=True).get_by_role(
        "button", name=f"Remove {label}", exact=True
    )


def said(page: Page, net: str, count: int) -> tuple[str, str]:
    """The errors before and after, once they are there for so many blocks."""
    status = page.locator(".removal [role=status]")
    noun = "block" if count == 1 else "blocks"
    expect(status).to_contain_text(re.compile(rf"{net}: removed {count} {noun}: error [\d.]+ % to"))
    own = status.inner_text().split(f"{net}: ")[1]
    found = SAID.search(own)
    assert found
    return found[2], found[3]


def measured(app: App, race: str, names: str, net: int = 0) -> tuple[str, str]:
    run = app.lab.race_runs(race)[net]
    found = removal_in(app.lab.measured(run.id), names, STEPS)
    assert found
    return f"{100 * found.whole_error:.1f}", f"{100 * found.left_error:.1f}"


def middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2


def remover(page: Page) -> Locator:
    return page.get_by_role("button", name="Remove blocks", exact=True)


# The colour low in a block's box, a quarter from its left.
PIXEL = """(button) => {
  const canvas = document.querySelector(".picture canvas")
  const dense = canvas.width / canvas.getBoundingClientRect().width
  const [box, at] = [button.getBoundingClientRect(), canvas.getBoundingClientRect()]
  const [x, y] = [box.left + box.width / 4 - at.left, box.bottom - 6 - at.top]
  const { data } = canvas.getContext("2d").getImageData(x * dense, y * dense, 1, 1)
  return data.join()
}"""
IS_ANOTHER = f"([own, before]) => ({PIXEL})(own) !== before"


def test_a_click_takes_a_block_out_and_says_what_that_changes(
    app: App, open_page: Open, race: str
) -> None:
    page = open_page(steered(app, race))
    expect(remover(page)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("toolbar", name="Blocks of Residual")).to_have_count(0)
    remover(page).click()
    expect(page.get_by_text("step 40 of 40", exact=True)).to_be_visible()
    settle(page)
    card, chip = page.locator(".card").first, page.locator(".chip").first

    second = block(page, "Residual", "stage 1, block 2")
    before = second.evaluate(PIXEL)
    second.click()
    expect(second).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(IS_ANOTHER, arg=[second.element_handle(), before])
    whole, error = said(page, "Residual", 1)
    assert (whole, error) == measured(app, race, "stages.0.1")
    expect(chip).to_have_text(f"{whole} % to {error} %")
    assert middle(chip) == pytest.approx(middle(second), abs=3)
    errors = f"Removed 1 block: error {whole} % to {error} %"
    about = re.compile(rf"{errors} on \d+ images it has never seen")
    expect(card.locator(".about")).to_have_text(about)
    accuracy = float(card.locator(".figure").inner_text().removesuffix(" %"))
    assert accuracy == pytest.approx(100 - float(error), abs=0.6)
    assert faults(page, "a removed block") == []

    # What a plain net cannot lose stays, and says why.
    kept = block(page, "Plain", "stage 2, block 1")
    expect(kept).to_have_attribute("aria-disabled", "true")
    expect(kept).to_have_attribute("title", re.compile("has no shortcut that does the same"))
    kept.click(force=True)
    expect(kept).to_have_attribute("aria-pressed", "false")


def test_blocks_add_up_are_undone_and_stand_in_the_link(
    app: App, open_page: Open, race: str
) -> None:
    page = open_page(steered(app, race))
    remover(page).click()
    settle(page)
    figure, chip = page.locator(".card .figure").first, page.locator(".chip").first
    intact = figure.inner_text()
    block(page, "Residual", "stage 1, block 2").click()
    one = said(page, "Residual", 1)
    block(page, "Residual", "stage 2, block 3").click()
    two = said(page, "Residual", 2)
    assert two == measured(app, race, "stages.0.1,stages.1.2")
    block(page, "Plain", "stage 3, block 2").click()
    assert said(page, "Plain", 1) == measured(app, race, "stages.2.1", net=1)
    assert said(page, "Residual", 2) == two
    out = ("0:stages.0.1", "0:stages.1.2", "1:stages.2.1")
    page.wait_for_url(re.compile("without=" + "%2C".join(out).replace(":", "%3A")))

    # Whoever has the link sees the same, and removes nothing.
    visitor = open_page(f"{app.url}/race?{page.url.partition('?')[2]}")
    expect(visitor.locator(".chip").first).to_have_text(chip.inner_text())
    expect(remover(visitor)).to_be_hidden()
    expect(visitor.get_by_role("toolbar", name="Blocks of Residual")).to_have_count(0)

    undo = page.get_by_role("button", name="Undo", exact=True)
    undo.click()
    expect(block(page, "Plain", "stage 3, block 2")).to_have_attribute("aria-pressed", "false")
    undo.click()
    assert said(page, "Residual", 1) == one
    undo.click()
    expect(figure).to_have_text(intact)
    expect(chip).to_be_hidden()
    expect(undo).to_be_disabled()
    page.wait_for_url(lambda url: "without" not in url)


def test_five_go_at_random_and_a_reload_keeps_them(app: App, open_page: Open, race: str) -> None:
    page = open_page(steered(app, race))
    remover(page).click()
    page.get_by_role("button", name="Remove 5 at random", exact=True).click()
    errors = said(page, "Residual", 5), said(page, "Plain", 5)
    page.wait_for_url(re.compile("without="))
    settle(page)
    pressed = page.locator("[aria-pressed=true]")
    out = [blocks(page, net).and_(pressed) for net in ("Residual", "Plain")]
    labels = [[one.get_attribute("aria-label") for one in own.all()] for own in out]
    assert len(labels[0]) == 5
    assert labels[0] == labels[1]  # the same of both nets
    page.reload()
    remover(page).click()
    assert (said(page, "Residual", 5), said(page, "Plain", 5)) == errors
    # Nothing was pressed here: the last one comes back.
    page.get_by_role("button", name="Undo", exact=True).click()
    said(page, "Plain", 4)
    # Away from the end the picture is that of its step, and whole.
    page.get_by_role("button", name="To the first step", exact=True).click()
    expect(page.locator(".chip").first).to_be_hidden()
    expect(page.locator(".card .about").first).not_to_contain_text("Removed")


def test_the_keyboard_walks_the_blocks(app: App, open_page: Open, race: str) -> None:
    page = open_page(steered(app, race))
    switch = remover(page)
    switch.focus()
    page.keyboard.press("Enter")
    first = block(page, "Residual", "stage 1, block 1")
    expect(first).to_be_visible()
    while not page.evaluate("document.activeElement.closest('.blocks')"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(first).to_be_focused()
    width = "one => getComputedStyle(one).outlineWidth"
    assert first.evaluate(width) == "3px"
    page.keyboard.press("ArrowRight")
    second = block(page, "Residual", "stage 1, block 2")
    expect(second).to_be_focused()
    page.keyboard.press("Delete")
    assert said(page, "Residual", 1) == measured(app, race, "stages.0.1")
    page.keyboard.press("Delete")  # it is out already
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(second).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(block(page, "Plain", "stage 1, block 2")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    assert said(page, "Plain", 1) == measured(app, race, "stages.2.1", net=1)
    expect(page.get_by_text("step 40 of 40", exact=True)).to_be_visible()  # Space played nothing
    page.keyboard.press("Escape")
    expect(switch).to_be_focused()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(blocks(page, "Residual")).to_have_count(0)
    expect(page.locator(".chip").first).to_be_visible()


def test_a_net_that_never_learned_refuses_and_leads_on(app: App, open_page: Open) -> None:
    lab = app.lab
    race = lab.race([tiny_spec(steps=TINY_STEPS, name="Hasty")])
    wait_until(lambda: lab.race_runs(race)[0].is_over)
    page = open_page(steered(app, race))
    remover(page).click()
    why = "Hasty never learned, so removing a block tells us nothing."
    expect(page.locator(".removal")).to_contain_text(why)
    first = blocks(page, "Hasty").first
    expect(first).to_have_attribute("title", why)
    first.click(force=True)
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Remove 5 at random")).to_be_disabled()
    assert "without" not in page.url
    page.locator(".removal").get_by_role("link", name="Remove a block", exact=True).click()
    page.wait_for_url("**/race?experiment=Remove+a+block*")
    expect(page.get_by_role("button", name="Start race")).to_be_enabled()
    expect(page.get_by_text("ResNet-20").first).to_be_visible()
