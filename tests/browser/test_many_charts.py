"""A page of more charts than any other: the Diagnosis with all that can be measured."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocket, expect

from resnet_viz.lab.measurements import measurements
from tests.browser.conftest import PATIENCE_SECONDS, App, settle
from tests.lab.conftest import tiny_spec, wait_until

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


def test_each_chart_keeps_its_figure_however_many_there_are(app: App, open_page: Open) -> None:
    """The page forgot the first of thirteen, could not draw it in another width, and asked anew."""
    lab = app.lab
    race = lab.race([tiny_spec(steps=3)])
    wait_until(lambda: lab.race_runs(race)[0].is_over)
    [run] = lab.race_runs(race)
    asked = {"run_id": run.id, "step": 0}
    jobs = [lab.submit("measure", {**asked, "measurement": name}) for name in measurements()]
    wait_until(lambda: all(lab.job(job).is_over for job in jobs))
    page = open_page(f"{app.url}/_stcore/health")
    sent: list[str | bytes] = []

    def keep(frame: str | bytes) -> None:
        sent.append(frame)

    def note(socket: WebSocket) -> None:
        socket.on("framesent", keep)

    page.on("websocket", note)
    page.goto(f"{app.url}/race?race={race}&open=diagnosis")
    page.wait_for_function(ARE_DRAWN, arg=4 + len(measurements()))
    settle(page)
    before = page.evaluate(WIDTHS)
    asked_for = len(sent)
    page.set_viewport_size({"width": 900, "height": 1000})
    page.wait_for_function(f"old => ({WIDTHS})().every((width, i) => width !== old[i])", arg=before)
    settle(page)
    assert len(sent) == asked_for
