"""Races under hard conditions: many nets and no connection, a net that diverges, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from resnet_viz.experiments.race_spec import RaceSpec
from tests.browser.conftest import LOOK, PATIENCE_SECONDS, App, settle
from tests.browser.test_race import CURVES, HERO, drawn, notes, select
from tests.labs import tiny_spec, wait_until

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

NETS, SEEDS = [f"net {i}" for i in range(6)], (0, 1, 2)
HAS_LOSSES = f"() => ({LOOK})({CURVES}).data"
LOSSES = f"""() => Object.fromEntries(
    document.querySelectorAll('.resnet-viz-chart')[{CURVES}].data
        .filter(trace => trace.yaxis !== 'y2').map(trace => [trace.name, [...trace.y]]))"""


def test_six_nets_of_three_seeds_outlast_a_lost_connection(app: App, browser: Browser) -> None:
    """The page comes back by itself, with every step of what went on without it."""
    lab = app.lab
    # A context of its own: without a connection Streamlit's page complains, as it should.
    page = browser.new_context().new_page()
    open_sockets: list[WebSocketRoute] = []
    is_cut = False

    def connect(socket: WebSocketRoute) -> None:
        if is_cut:
            socket.close()
            return
        socket.connect_to_server()
        open_sockets.append(socket)

    page.route_web_socket(re.compile("_stcore/stream"), connect)
    specs = [tiny_spec(name=name, lr=0.01 * (i + 1), steps=12) for i, name in enumerate(NETS)]
    race_id = lab.race(RaceSpec(contestants=tuple(specs), seeds=SEEDS))
    lab.pause(race_id)
    page.goto(f"{app.url}/race?race={race_id}")
    expect(page.locator(".card")).to_have_count(6)
    is_cut = True
    for socket in open_sockets:
        socket.close()
    lab.resume(race_id)
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)), PATIENCE_SECONDS)
    is_cut = False
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    settle(page)
    page.wait_for_function(HAS_LOSSES)
    shown = page.evaluate(LOSSES)
    page.context.close()
    runs = lab.race_runs(race_id)
    for name in NETS:
        losses = [[r.loss for r in lab.records(run.id)] for run in runs if run.name == name]
        assert len(losses) == len(SEEDS)
        np.testing.assert_allclose(shown[f"{name}, 3 seeds"], np.median(losses, axis=0), rtol=1e-4)


RED_CELLS = """count => document.querySelectorAll('.resnet-viz-chart')[3]?.data
    ?.filter(({ colorscale }) => colorscale?.[0][1] === "#C4332B")
    .flatMap(({ z }) => [...z].flatMap(row => [...row])).filter(Number.isFinite).length === count"""


def test_a_net_that_diverges_is_said_and_marked(app: App, open_page: Open) -> None:
    lab = app.lab
    nets = [tiny_spec(name="calm"), tiny_spec(name="wild", lr=1e6)]
    race_id = lab.race(nets)
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)), PATIENCE_SECONDS)
    wild = lab.race_runs(race_id)[1]
    losses = np.array([record.loss for record in lab.records(wild.id)])
    first = int(np.flatnonzero(~np.isfinite(losses))[0])
    page = open_page(f"{app.url}/race?race={race_id}&step=12&open=graphs")
    drawn(page)
    said = page.get_by_text(re.compile(rf"wild diverged at step {first}"))
    expect(said.first).to_be_visible()
    graphs = page.locator(".graph")
    marked = "g:is(.stem, .block, .head)[style*='not-finite']"
    expect(graphs.nth(1).locator(marked).first).to_be_visible()
    expect(graphs.nth(0).locator(marked)).to_have_count(0)
    hero = page.locator(".resnet-viz-chart").nth(HERO)
    expect(hero.locator(".annotation-text", has_text="not finite")).to_be_visible()
    expect(page.locator(".card").nth(1).locator(".loss")).to_have_text("diverged")
    endings = page.locator(".card .end")
    expect(endings).to_have_text([re.compile(r"^ends at \d+ %$"), ""])
    page.get_by_role("button", name="To the first step").click()
    expect(endings).to_have_text([re.compile(r"^ends at \d+ %$"), "diverged"])
    # In its map each cell that is not finite is red.
    norms = np.array([record.grad_norm for record in lab.records(wild.id)])
    maps = page.locator(".resnet-viz-chart").nth(3)
    maps.scroll_into_view_if_needed()
    expect(maps.locator(".annotation-text", has_text="not finite (red)")).to_be_visible()
    broken = int((~np.isfinite(norms)).sum())
    page.wait_for_function(RED_CELLS, arg=broken)
    # The figures stand, with the other net's numbers on axes of finite ends.
    ends = page.evaluate(
        "() => [...document.querySelectorAll('.resnet-viz-chart')].flatMap(chart =>"
        " Object.entries(chart.layout).filter(([key]) => /^[xy]axis/.test(key))"
        ".flatMap(([, axis]) => axis.range))"
    )
    assert len(ends) > 8
    assert np.isfinite(np.array(ends, float)).all()
    page.get_by_role("slider", name="Step shown").press("Home")
    graphs.nth(1).scroll_into_view_if_needed()  # out of sight it keeps its colours
    expect(graphs.nth(1).locator(marked)).to_have_count(0)


def test_images_of_a_folder_on_a_phone(app: App, open_page: Open) -> None:
    """Fashion-MNIST, as Debian's package has it, chosen and trained in 390 pixels."""
    page = open_page(f"{app.url}/_stcore/health")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/race")
    drawn(page)
    select(page, "First net", "resnet20-cifar")
    steps, fold = page.get_by_label("Steps", exact=True), page.locator(".st-key-race_fold label")
    folded = [steps, page.get_by_role("combobox", name="Data"), page.get_by_text("More settings")]
    for setting in folded:
        expect(setting).to_be_hidden()
    fold.click()
    for setting in folded:
        expect(setting).to_be_visible()
    settle(page)
    select(page, "Data", "fashion-mnist")
    for label, value in (("Steps", 3), ("Batch size", 8)):
        field = page.get_by_label(label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        settle(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    fold.click()
    expect(steps).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(steps).to_have_value("3")
    expect(fold).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(steps).to_be_hidden()
    page.get_by_role("button", name="Start race").click()
    page.wait_for_url(re.compile("race="))
    expect(notes(page)).to_have_text([re.compile("^right on .* images it has never seen")] * 2)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    race_id = re.search(r"race=([\w-]+)", page.url)[1]  # type: ignore[index]
    for run in app.lab.race_runs(race_id):
        assert run.spec.dataset == "fashion-mnist"
        assert run.spec.adapted.in_channels == 1
        assert run.spec.adapted.image_size == 28
        losses = [record.loss for record in app.lab.records(run.id)]
        assert len(losses) == 3
        assert np.isfinite(losses).all()
