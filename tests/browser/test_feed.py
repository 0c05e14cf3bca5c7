"""Charts that are sent only what is new: what the browser shows is what is in the store."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

import numpy as np
import psutil
from playwright.sync_api import Page, WebSocketRoute, expect

from resnet_viz import RunSpec, preset
from resnet_viz.quantities.records import Floats, StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.store.run import Run
from tests.browser.conftest import PATIENCE_SECONDS, App
from tests.browser.test_race import CURVES, HERO, charts, select

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

SHOWN = """([i, name]) => {
    const chart = document.querySelectorAll('.resnet-viz-chart')[i]
    return (chart?.data ?? []).filter(trace => trace.name === name).map(trace => [...trace.y])
}"""
CLOSE = f"""([i, name, wanted]) => {{
    const [shown] = ({SHOWN})([i, name])
    return shown?.length === wanted.length && shown.every((y, n) => Math.abs(y - wanted[n]) < 1e-5)
}}"""
MAP = """wanted => {
    const shown = document.querySelectorAll('.resnet-viz-chart')[3]?.data?.[0]?.z
    return shown?.length === wanted.length && wanted.every((row, r) =>
        shown[r].length === row.length && row.every((z, c) => Math.abs(shown[r][c] - z) < 1e-4))
}"""
# What plotly has drawn, and not only been given: the points of the loss, the columns of the map.
DRAWN = """steps => {
    const [, curves, , maps] = document.querySelectorAll('.resnet-viz-chart')
    return curves.calcdata[0].length === steps && maps.calcdata[0][0].z[0].length === steps
}"""
# The maps take long to draw, and when they are drawn is kept.
SLOW = """i => {
    const div = document.querySelectorAll('.resnet-viz-chart')[i]
    const cartesian = div._fullLayout._basePlotModules.find(({ name }) => name === 'cartesian')
    const { plot } = cartesian
    window.drawnAt = []
    cartesian.plot = (gd, ...rest) => {
        const now = performance.now()
        if (gd === div) {
            window.drawnAt.push(now)
            while (performance.now() < now + 30);
        }
        return plot(gd, ...rest)
    }
}"""
# Whoever is drawn by the ways that work out everything again, axes and legends, is kept.
NOTE_DRAWN_ANEW = """() => {
    window.drawnAnew = []
    for (const way of ['react', 'newPlot', 'redraw']) {
        const draw = Plotly[way]
        Plotly[way] = (...all) => { window.drawnAnew.push(all[0].ariaLabel); return draw(...all) }
    }
}"""
NAME, TIME, MAPS = "ResNet-20", 2, 3


def write(
    app: App, run: Run, steps: range, extreme: float | None = None, *, has_updates: bool = False
) -> None:
    """Records of `steps`, as a worker would write them; `extreme` is the first layer's norm, and 1
    that of the others. `has_updates`: with update ratios, too."""
    random = np.random.default_rng(steps.start)
    layers = len(run.layers)

    def norms() -> Floats:
        if extreme is None:
            return random.lognormal(size=layers).astype(np.float32)
        return np.array([extreme] + [1.0] * (layers - 1), np.float32)

    records = [
        StepRecord(
            step,
            float(random.uniform(0.5, 2)),
            0.5,
            step / 10,
            {"grad_norm": norms()} | ({"update_ratio": norms()} if has_updates else {}),
        )
        for step in steps
    ]
    with Store(app.home).writing() as connection:
        connection.execute("UPDATE runs SET heartbeat = ?", (time.time(),))
        insert_records(connection, 1, records)


def shows(page: Page, app: App, run: Run, step: int) -> None:
    """Waits until all three charts show what the store has up to now, the first at `step`.

    Each is looked at first: out of sight it is not drawn.
    """
    records = app.lab.records(run.id)
    is_main = [i for i, layer in enumerate(run.layers) if layer.role == "main"]
    norms = np.array([r.grad_norm[is_main] for r in records])
    for chart, wanted in ((HERO, norms[step]), (CURVES, [r.loss for r in records])):
        charts(page).nth(chart).scroll_into_view_if_needed()
        page.wait_for_function(CLOSE, arg=[chart, NAME, np.asarray(wanted).tolist()])
    charts(page).nth(MAPS).scroll_into_view_if_needed()
    page.wait_for_function(MAP, arg=np.log10(norms.T).tolist())
    page.wait_for_function(DRAWN, arg=len(records))


def test_what_is_shown_is_what_is_stored_whatever_is_lost(own_app: App, open_page: Open) -> None:
    page = open_page(f"{own_app.url}/_stcore/health")
    lossy: list[bool] = []

    def lose(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if lossy and isinstance(message, bytes) and b"resnet_viz_news" in message:
                lossy.pop()
            else:
                socket.send(message)

        server.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), lose)
    run = _race(own_app)
    write(own_app, run, range(3))
    page.goto(f"{own_app.url}/race?race={run.race_id}")
    shows(page, own_app, run, 2)
    for first in (3, 5, 9):
        write(own_app, run, range(first, first + 2 + first % 3))
        shows(page, own_app, run, first + 1 + first % 3)
    last = len(own_app.lab.records(run.id))

    lossy.extend([True] * 2)  # after two that were not answered the whole charts are asked for
    write(own_app, run, range(last, last + 2))
    shows(page, own_app, run, last + 1)
    assert lossy == [], "messages were lost"

    page.emulate_media(color_scheme="dark")
    page.get_by_role("slider", name="Step shown").press("Home")
    shows(page, own_app, run, 0)
    select(page, "Charts below show", "weight norm by layer")
    select(page, "Charts below show", "gradient norm by layer")
    shows(page, own_app, run, 0)
    page.reload()
    shows(page, own_app, run, 0)
    own_app.lab.stop(str(run.race_id))


def test_an_update_builds_nothing_anew_and_waits_where_nobody_looks(
    own_app: App, open_page: Open
) -> None:
    run = _race(own_app)
    write(own_app, run, range(3))
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    page.set_viewport_size({"width": 1280, "height": 300})
    shows(page, own_app, run, 2)
    page.evaluate("() => window.before = [...document.querySelectorAll('.main-svg')]")
    columns = "() => document.querySelectorAll('.resnet-viz-chart')[3].data[0].z[0].length"

    charts(page).nth(HERO).scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # the map is known to be out of sight
    write(own_app, run, range(3, 5))
    expect(page.get_by_text("step 4 of 40", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate(columns) == 3
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(columns) == 5
    for last in range(5, 9):
        write(own_app, run, range(last, last + 1))
        shows(page, own_app, run, last)
    line = charts(page).nth(HERO).locator(".scatterlayer path.js-line").last
    drawn = line.get_attribute("d")
    charts(page).nth(HERO).scroll_into_view_if_needed()
    write(own_app, run, range(9, 10))
    expect(line).not_to_have_attribute("d", str(drawn))
    assert page.evaluate("() => window.before.every(svg => svg.isConnected)"), "built anew"
    plot = charts(page).nth(HERO).locator(".nsewdrag")
    plot.hover()
    said = charts(page).nth(HERO).locator(".hoverlayer .legendtext")
    expect(said.filter(has_text=re.compile(rf"{NAME} : [\d.]+")).first).to_be_attached()
    before = said.all_text_contents()
    write(own_app, run, range(10, 11))
    expect(said).not_to_have_text(before)  # what is under the pointer is the newest, too
    own_app.lab.stop(str(run.race_id))


def test_a_line_without_news_stays_while_others_of_its_chart_move(
    own_app: App, open_page: Open
) -> None:
    run = _race(own_app)
    write(own_app, run, range(4), has_updates=True)
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    charts(page).nth(TIME).scroll_into_view_if_needed()
    lines = charts(page).nth(TIME).locator(".scatterlayer path.js-line")
    expect(lines).to_have_count(2)  # of the gradient, and of the updates
    drawn = [line.get_attribute("d") for line in lines.all()]
    write(own_app, run, range(4, 6))
    expect(lines.first).not_to_have_attribute("d", str(drawn[0]))
    expect(lines).to_have_count(2)
    assert lines.last.get_attribute("d") == drawn[1]
    own_app.lab.stop(str(run.race_id))


def test_new_numbers_are_drawn_by_the_quick_way(own_app: App, open_page: Open) -> None:
    """With parts of plotly that are its own: where a version has them not, all is drawn anew, which
    shows the same and takes three times as long.
    """
    run = _race(own_app)
    write(own_app, run, range(3), 1.0)
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    shows(page, own_app, run, 2)
    page.evaluate(NOTE_DRAWN_ANEW)
    write(own_app, run, range(3, 5), 1.0)
    shows(page, own_app, run, 4)
    assert page.evaluate("() => window.drawnAnew") == []
    own_app.lab.stop(str(run.race_id))


def test_a_note_s_new_words_are_written_and_no_more(own_app: App, open_page: Open) -> None:
    run = _race(own_app)
    write(own_app, run, range(10), 1.0)
    write(own_app, run, range(10, 11), 1e9)
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    note = charts(page).nth(MAPS).locator(".annotation-text", has_text="beyond")
    charts(page).nth(MAPS).scroll_into_view_if_needed()
    expect(note).to_contain_text("1.0e+00 to 1.0e+09")
    shows(page, own_app, run, 10)
    page.evaluate(NOTE_DRAWN_ANEW)
    write(own_app, run, range(11, 12), 1e11)
    expect(note).to_contain_text("1.0e+00 to 1.0e+11")
    page.wait_for_function(
        "i => document.querySelectorAll('.resnet-viz-chart')[i].calcdata[0][0].z[0].length === 12",
        arg=MAPS,
    )
    said = page.evaluate("() => window.drawnAnew.filter(words => words.includes('heat maps'))")
    assert said == [], "the maps were drawn anew"
    own_app.lab.stop(str(run.race_id))


def test_what_takes_long_to_draw_rests_a_hundred_times_as_long_and_comes_to_the_newest(
    own_app: App, open_page: Open
) -> None:
    run = _race(own_app)
    write(own_app, run, range(3), 1.0)  # which leave the colours' scale as it is
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    shows(page, own_app, run, 2)
    page.evaluate(SLOW, MAPS)
    for step in range(3, 8):
        write(own_app, run, range(step, step + 1), 1.0)
        expect(page.get_by_text(f"step {step} of 40", exact=True)).to_be_visible()
    page.wait_for_function("() => window.drawnAt.length > 1")
    assert min(np.diff(page.evaluate("() => window.drawnAt"))) > 100 * 30
    shows(page, own_app, run, 7)  # at once, where it is looked at anew
    own_app.lab.stop(str(run.race_id))


def test_what_is_pointed_at_is_marked_in_the_other_plots(own_app: App, open_page: Open) -> None:
    run = _race(own_app)
    write(own_app, run, range(3))
    page = open_page(f"{own_app.url}/race?race={run.race_id}&open=graphs")
    shows(page, own_app, run, 2)
    mark = page.locator(".resnet-viz-chart-mark")
    point = "name => document.dispatchEvent(new CustomEvent('resnet-viz-point', {detail: {name}}))"
    page.evaluate(point, "stages.1.0")
    expect(mark).to_have_count(2)  # in the profile and the map
    page.evaluate(point, None)
    expect(mark).to_have_count(0)
    plot = charts(page).nth(HERO).locator(".nsewdrag")
    plot.scroll_into_view_if_needed()
    plot.hover()
    expect(mark).to_have_count(1)  # in the map alone: the profile has its own sign
    assert charts(page).nth(3).locator(".resnet-viz-chart-mark").count() == 1
    expect(page.locator(".graph g.block.hot")).to_have_count(1)
    own_app.lab.stop(str(run.race_id))


def test_a_zoom_into_a_long_run_fetches_its_steps(own_app: App, open_page: Open) -> None:
    run = _race(own_app)
    steps = 9000
    write(own_app, run, range(steps))
    page = open_page(f"{own_app.url}/race?race={run.race_id}")
    inside = """([from, to]) => {
        const x = document.querySelectorAll('.resnet-viz-chart')[3]?.data?.[0]?.x ?? []
        return [...x].filter(step => step >= from && step <= to).length
    }"""
    charts(page).nth(MAPS).scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({inside})([0, {steps}]) > 500")
    assert page.evaluate(inside, [4000, 4099]) < 20
    zoom = "() => Plotly.relayout(document.querySelectorAll('.resnet-viz-chart')[3], {RANGE})"
    page.evaluate(zoom.replace("RANGE", "'xaxis.range': [4000, 4099]"))
    page.wait_for_function(f"() => ({inside})([4000, 4099]) === 100")
    page.evaluate(zoom.replace("RANGE", "'xaxis.autorange': true"))
    page.wait_for_function(f"() => ({inside})([4000, 4099]) < 20")
    own_app.lab.stop(str(run.race_id))


def _race(app: App) -> Run:
    """A race of one net whose worker only sleeps; `write` does what it would."""
    start, launcher_client.ensure_launcher = launcher_client.ensure_launcher, lambda store: None
    try:
        race_id = app.lab.race([RunSpec(config=preset("resnet20-cifar"), steps=40)])
    finally:
        launcher_client.ensure_launcher = start
    worker = psutil.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    with Store(app.home).writing() as connection:
        connection.execute(
            "UPDATE runs SET status = 'running', started = ?, device = 'cpu', pid = ?, "
            "pid_created = ?, heartbeat = ?",
            (time.time(), worker.pid, born(worker), time.time()),
        )
    return app.lab.race_runs(race_id)[0]
