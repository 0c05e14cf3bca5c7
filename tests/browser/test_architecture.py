"""The Architecture page in the browser: the form, its link, the graph, the tabs."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from playwright.sync_api import Page, expect

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet
from tests.browser.conftest import PATIENCE_SECONDS, App

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def shows(page: Page, config: ResNetConfig) -> None:
    """Waits until the headline is that of `config` and its graph is drawn."""
    metrics = page.get_by_test_id("stMetric")
    expect(metrics.filter(has_text=f"{plan(config).params:,}")).to_be_visible()
    expect(metrics.filter(has_text=f"{plan(config).macs:,}")).to_be_visible()
    classes = f"linear, {config.num_classes}"
    expect(page.locator(".graph .head").get_by_text(classes, exact=True)).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """Types into a select box and takes the first match."""
    box = page.get_by_role("combobox", name=re.compile(f"^{label}", re.I)).first
    at_rest(page)  # a run that comes to its end under an open list closes it
    box.click()
    box.fill(option)
    page.get_by_role("option").filter(has_text=option).first.click()


def at_rest(page: Page) -> None:
    """Waits until no script runs and no group is opening."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(500)


def additions(page: Page) -> int:
    return page.locator(".graph g.add").count()


def test_choose_change_undo_and_copy_the_link(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture")
    shows(page, preset("resnet34"))
    assert additions(page) == 16
    choose(page, "Preset", "resnet56-cifar")
    shows(page, preset("resnet56-cifar"))
    expect(page).to_have_url(re.compile(r"\?net=resnet56-cifar$"))

    choose(page, "norm", "group")
    changed = revise(preset("resnet56-cifar"), norm="group")
    expect(page.get_by_text("group norm (was batch norm)", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?net=resnet56-cifar&norm=group$"))
    shows(open_page(page.url), changed)

    page.get_by_test_id("stCheckbox").filter(has_text="Shortcuts").locator("label").first.click()
    shows(page, plain_twin(changed))
    expect(page.get_by_test_id("stMetric").filter(has_text="a plain net")).to_be_visible()
    expect(page.locator(".graph g.add")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    shows(page, changed)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="ResNet-56", exact=True)).to_be_visible()
    shows(page, preset("resnet56-cifar"))


def test_a_group_with_a_wrong_field_does_not_stay_folded(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture")
    shows(page, preset("resnet34"))
    head = page.get_by_text("Regularisation", exact=True)
    head.click()
    at_rest(page)
    field = page.get_by_label("dropout", exact=True)
    field.fill("2")
    head.click()  # ends the typing and folds the group
    expect(page.get_by_text("dropout: 2.0 is too large")).to_be_visible()
    expect(field).to_be_visible()
    expect(page.get_by_text("2.0 is too large, it must be less than 1.0").first).to_be_visible()


def test_groups_and_fields_that_cannot_matter(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture")
    shows(page, preset("resnet34"))
    for group in ("More on blocks", "More on shortcuts", "Regularisation", "Input and output"):
        expect(page.get_by_test_id("stExpander").filter(has_text=group).first).to_be_visible()
    page.get_by_text("More on blocks").click()
    cardinality = page.get_by_role("spinbutton", name="cardinality")
    expect(cardinality).to_be_disabled()
    expect(page.get_by_text("Only bottleneck blocks have this.").first).to_be_visible()
    choose(page, "block", "bottleneck")
    expect(cardinality).to_be_enabled()


def test_a_wrong_field_keeps_the_last_good_view(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture")
    shows(page, preset("resnet34"))
    depths = page.get_by_role("textbox", name="depths")
    depths.fill("3, 0, <b>*x*</b>, 3")
    depths.press("Enter")
    alert = page.get_by_test_id("stAlert")
    words = "0 is too small, the least is 1; '<b>*x*</b>' is no whole number"
    expect(alert).to_contain_text(f"depths: {words}")
    expect(page.get_by_test_id("stSidebar").get_by_text(words)).to_be_visible()
    shows(page, preset("resnet34"))
    depths.fill("1, 1, 1, 1")
    depths.press("Enter")
    expect(alert).to_have_count(0)
    shows(page, revise(preset("resnet34"), depths=(1, 1, 1, 1)))


def test_json_goes_out_and_comes_back(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=seresnet50")
    shows(page, preset("seresnet50"))
    page.get_by_role("tab", name="JSON").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download JSON").click()
    text = waiting.value.path().read_text()
    assert ResNetConfig.model_validate_json(text) == preset("seresnet50")

    other = open_page(f"{app.url}/architecture")
    other.get_by_role("tab", name="JSON").click()
    area = other.get_by_role("textbox", name="JSON")
    area.fill(text[: len(text) // 2])
    other.get_by_role("button", name="Show the pasted net").click()
    expect(other.get_by_test_id("stAlert")).to_contain_text("invalid JSON")
    area.fill(text)
    other.get_by_role("button", name="Show the pasted net").click()
    expect(other).to_have_url(re.compile(r"\?net=seresnet50$"))


def test_build_measures_and_says_what_failed(app: App, open_page: Open) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet20-cifar")
    page.get_by_role("tab", name="Build").click()
    page.get_by_role("button", name="Build", exact=True).click()
    metrics = page.get_by_test_id("stMetric")
    expect(metrics.filter(has_text="Output shape")).to_contain_text("8 x 10")
    expect(metrics.filter(has_text="Images a second")).to_be_visible()
    expect(metrics.filter(has_text="Peak memory")).to_contain_text("MB")


def test_the_exported_source_is_downloaded_and_runs(
    app: App, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(f"{app.url}/architecture?net=resnet20-cifar&attention=se&norm=group")
    config = revise(preset("resnet20-cifar"), attention="se", norm="group")
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PyTorch source").click()
    source = tmp_path / "net.py"
    waiting.value.save_as(source)
    script = (
        "import torch, net\n"
        "model = net.ResNet()\n"
        "model(torch.zeros(2, 3, 32, 32)).sum().backward()\n"
        "print(sum(p.numel() for p in model.parameters()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == plan(config).params
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table, CSV").click()
    rows = list(csv.DictReader(waiting.value.path().read_text().splitlines()))
    assert sum(int(row["params"]) for row in rows) == plan(config).params


def test_weights_are_held_against_the_net(app: App, open_page: Open, tmp_path: Path) -> None:
    ours = tmp_path / "ours.pth"
    torch.save(build_resnet(preset("resnet20-cifar")).state_dict(), ours)
    page = open_page(f"{app.url}/architecture?net=resnet20-cifar")
    page.get_by_role("tab", name="Weights").click()
    page.locator("input[type=file]").set_input_files(ours)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("every key fits")).to_be_visible()
    choose(page, "Preset", "resnet32-cifar")
    expect(page.get_by_text("Checked against resnet20-cifar; check again")).to_be_visible()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("does not fit as it is")).to_be_visible()
    expect(page.get_by_text("stages.0.3.branch.conv1.weight")).to_be_visible()


def test_a_press_while_the_page_loads_leaves_the_net(
    app: App, open_page: Open, tmp_path: Path
) -> None:
    """A form whose widgets the browser has not drawn yet must not fall back to their defaults."""
    file = tmp_path / "any.pth"
    file.write_bytes(b"not read")
    for _ in range(3):
        page = open_page(f"{app.url}/architecture?net=resnet20-cifar&norm=group")
        page.get_by_role("tab", name="Weights").click()
        page.locator("input[type=file]").set_input_files(file)
        expect(page.get_by_role("button", name="Check the file")).to_be_enabled()
        at_rest(page)
        expect(page).to_have_url(re.compile(r"net=resnet20-cifar&norm=group$"))
        expect(page.get_by_role("textbox", name="depths")).to_have_value("3, 3, 3")


def test_first_screen_at_every_width(app: App, open_page: Open) -> None:
    """The graph begins on a projector's screen; narrow windows have pages and presets in sight."""
    page = open_page(f"{app.url}/architecture")
    shows(page, preset("resnet34"))
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.get_by_role("heading", level=1)).to_have_text("Architecture")
    expect(page.get_by_role("button", name="Race these two")).to_be_in_viewport()
    expect(page.locator(".graph g.add").first).to_be_in_viewport()
    for width in (700, 390):
        page.set_viewport_size({"width": width, "height": 844})
        presets = page.locator(".st-key-narrow_preset").get_by_role("combobox")
        expect(presets).to_be_in_viewport()
        links = page.locator(".st-key-narrow_pages").get_by_role("link")
        for name in ("Architecture", "Race", "Compare", "Design space"):
            expect(links.filter(has_text=name)).to_be_in_viewport()
        for number in page.get_by_test_id("stMetric").all():
            expect(number).to_be_in_viewport()
    page.locator(".st-key-narrow_pages").get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile("/compare"))
