"""Pages of more than usual: all that can be measured, and six nets with long names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket, expect

from resnet_viz.measurements import measurements
from resnet_viz.report.report import report
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.labs import tiny_spec, wait_until
from tests.report.test_report import reported

Open = Callable[[str], Page]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

ARE_DRAWN = """wanted => {
    const all = [...document.querySelectorAll('.resnet-viz-chart')]
    const drawn = all.map(({ layout }) => layout?.width)
    return drawn.length === wanted && drawn.every(Boolean)
}"""
WIDTHS = (
    "() => [...document.querySelectorAll('.resnet-viz-chart')].map(({ layout }) => layout.width)"
)

# Of each chart with a legend: pixels between the legend's words and the highest axes, of which
# the title of these may take some; what of the legend is cut off; the height of the lowest axes.
ROOM = """() => [...document.querySelectorAll('.js-plotly-plot')]
    .filter(chart => chart.querySelector('.legend .legendtext')).map(chart => {
        const box = element => element.getBoundingClientRect()
        const words = [...chart.querySelectorAll('.legendtext')].map(box)
        const axes = [...chart.querySelectorAll('.nsewdrag')].map(box)
        const lowest = Math.max(...words.map(({ bottom }) => bottom))
        const { bottom } = box(chart.querySelector('.legend .bg'))
        return [
            Math.min(...axes.map(({ top }) => top)) - lowest,
            lowest - bottom,
            Math.min(...axes.map(({ height }) => height)),
        ]
    })"""


def offered() -> list[str]:
    """The measurements that the Diagnosis lists."""
    return [name for name, about in measurements().items() if not about.held_out]


def test_each_chart_keeps_its_figure_however_many_there_are(app: App, open_page: Open) -> None:
    """The page forgot the first of thirteen, could not draw it in another width, and asked anew."""
    lab = app.lab
    race = lab.race([tiny_spec(steps=3)])
    wait_until(lambda: lab.race_runs(race)[0].is_over)
    [run] = lab.race_runs(race)
    asked = {"run_id": run.id, "step": 0}
    jobs = [lab.submit("measure", {**asked, "measurement": name}) for name in offered()]
    wait_until(lambda: all(lab.job(job).is_over for job in jobs))
    page = open_page(f"{app.url}/_stcore/health")
    sent: list[str | bytes] = []

    def keep(frame: str | bytes) -> None:
        sent.append(frame)

    def note(socket: WebSocket) -> None:
        socket.on("framesent", keep)

    page.on("websocket", note)
    page.goto(f"{app.url}/race?race={race}&open=diagnosis")
    page.wait_for_function(ARE_DRAWN, arg=4 + len(offered()))
    settle(page)
    before = page.evaluate(WIDTHS)
    asked_for = len(sent)
    page.set_viewport_size({"width": 900, "height": 1000})
    page.wait_for_function(f"old => ({WIDTHS})().every((width, i) => width !== old[i])", arg=before)
    settle(page)
    assert len(sent) == asked_for


def test_a_legend_of_six_long_names_leaves_the_axes_their_room(
    app: App, browser: Browser, tmp_path: Path
) -> None:
    """They were squeezed to 60 pixels, and on phones the legend was cut off."""
    names = [f"resnet56-cifar, shortcut transform {i}" for i in range(6)]
    race = app.lab.race([tiny_spec(steps=3, name=name) for name in names])
    wait_until(lambda: all(run.is_over for run in app.lab.race_runs(race)))
    file = tmp_path / "report.html"
    nets = [reported("resnet20-cifar", 3, name) for name in names]
    file.write_text(report(nets), encoding="utf-8")
    for address in (f"{app.url}/race?race={race}", file.as_uri()):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.goto(address)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 5000})
            page.wait_for_function(
                f"""() => {{
                    const room = ({ROOM})()
                    const fits = ([between, cut, height]) => between > 0 && cut < 0 && height > 90
                    return room.length === 3 && room.every(fits)
                }}"""
            )
        page.close()
