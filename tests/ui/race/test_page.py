"""The Race page from the invitation to the results, and what it does without its store."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import numpy as np
import psutil
import pytest

from resnet_viz.findings.colours import DARK, PLAIN, RESIDUAL
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities import quantity
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.heartbeat import born
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.workers.run_recorder import Recording
from tests.labs import tiny_spec, wait_until
from tests.quantities.test_records import record
from tests.ui.headings import headers, titles
from tests.ui.race.conftest import (
    ROOT,
    errors,
    finished,
    has_button,
    notes,
    race_page,
    set_number,
    shown,
    stage,
    text,
)


def test_a_gallery_tells_nobody_to_press_what_nobody_can(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    app = race_page()
    assert app.button(key="race_start").disabled
    message = json.loads(shown(app, "stage")["message"])
    assert message["sentence"] == "Open a race on the Runs page to see it here"
    components = [element.proto for element in app.get("bidi_component")]
    drawn = [one.json for one in components if one.component_name != "resnet_viz_stage"]
    assert len(drawn) > 3
    assert not any("press Start" in one for one in drawn)
    linked = race_page("gone")
    assert "You can start" not in linked.warning[0].value


def test_invites_to_the_default_race(home: Path) -> None:
    app = race_page()
    assert app.selectbox(key="race_first_net").value == "resnet56-cifar"
    assert app.selectbox(key="race_second_net").value == "its twin"
    message = json.loads(shown(app, "stage")["message"])
    assert message["sentence"] == "Starts when you press Start race"
    assert [net["name"] for net in message["nets"]] == ["ResNet-56", "Plain-56"]
    assert [len(net["boxes"]) for net in message["nets"]] == [29, 29], "27 blocks, stem and head"
    assert "The only difference: ResNet-56 has **zero-padded shortcuts**" in text(app)
    # 853,018 on CIFAR-10 (He et al. 2015, Table 6: 0.85M), less 2 input channels of 16 3x3 kernels.
    count = f"{853_018 - 2 * 16 * 9:,}"
    assert f"Both have **{count}** parameters" in text(app)
    assert errors(app) == []
    assert not app.button(key="race_start").disabled
    assert not has_button(app, "race_stop")


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_race_from_start_to_results(lab: Lab) -> None:
    app = set_number(race_page(), "steps", 3)
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    app.selectbox(key="race_precision").set_value("bfloat16").run()
    app.button(key="race_start").click().run()
    assert errors(app) == []
    race_id = "".join(app.query_params["race"])
    runs = lab.race_runs(race_id)
    assert [run.name for run in runs] == ["resnet20-cifar", "plain20-cifar"]
    assert [(run.spec.steps, run.spec.precision) for run in runs] == [(3, "bfloat16")] * 2
    assert has_button(app, "race_stop")
    assert titles(app)[0] == "ResNet-20 against Plain-20"
    assert [box.key for box in app.selectbox] == ["race_quantity"]
    assert shown(app, "stage")["steers"]
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)))
    ends = [(run.status, run.message) for run in lab.race_runs(race_id)]
    assert ends == [("finished", ""), ("finished", "")]
    app.run()
    assert not shown(app, "stage")["steers"]
    message = stage(app)
    assert message["over"]
    colours = {net["name"]: net["colours"] for net in message["nets"]}
    assert colours == {
        "ResNet-20": [RESIDUAL, DARK[RESIDUAL]],
        "Plain-20": [PLAIN, DARK[PLAIN]],
    }
    assert "3 steps" in message["sentence"]
    assert "What happened" in headers(app)
    table = app.table[0].value
    assert list(table.columns) == ["", "ResNet-20", "Plain-20"]
    last = lab.records(runs[1].id)[-1]
    assert table.set_index("").loc["last loss", "Plain-20"] == f"{last.loss:.4g}"
    assert app.get("download_button")
    assert shown(app, "stage")["step"] is None, "it was looked at to its end"
    app.button(key="race_next").click().run()
    assert errors(app) == []
    assert "Next race" in headers(app)
    assert app.number_input(key="race_steps").value == 3
    assert not app.button(key="race_start").disabled


def test_any_quantity_of_the_race_can_be_shown(lab: Lab) -> None:
    race_id = finished(lab, steps=3, names=("one", "two"))
    app = race_page(race_id)
    box = app.selectbox(key="race_quantity")
    found = lab.race_runs(race_id)[0].quantities
    # How the net does at the end is told in words and in the table; so are its layers' states.
    held = {name: along for name, along in found.items() if name not in ("final", "layer_state")}
    assert box.value == "grad_norm"
    assert len(box.options) == len(held)
    for name, along in held.items():
        app = app.selectbox(key="race_quantity").select(name).run()
        assert not app.exception
        about = quantity(name)
        assert plain(about.sentence) in text(app)
        found = [about.title in header.lower() for header in headers(app)]
        assert any(found) == (along.axis != "net")


@pytest.mark.flaky(reruns=1, reason="seconds: a heartbeat is young")
def test_the_page_says_when_the_end_is_measured(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last step, and until the run is over: this test's process stands for its worker."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    race_id = lab.race([tiny_spec(steps=3, name="mine")])
    me = psutil.Process()

    def note(steps: range, status: str) -> str:
        with Store(lab.home).writing() as connection:
            change = "status = ?, started = 1, heartbeat = ?, pid = ?, pid_created = ?"
            values = (status, time.time(), me.pid, born(me))
            connection.execute(f"UPDATE runs SET {change}", values)
            insert_records(connection, 1, [record(step, 6) for step in steps])
        return notes(race_page(race_id))["mine"]

    assert note(range(2), "running") == ""
    assert note(range(2, 3), "running") == "measuring the end..."
    assert note(range(0), "finished") == ""


def test_a_watched_run_is_shown_and_cannot_be_steered(lab: Lab, home: Path) -> None:
    recording = Recording(Store(home), "mine", "torchvision.models.resnet.ResNet", 11, "cpu")
    held = {"grad_norm": Along("layer", ("conv1", "fc")), "output_rms": Along("block", ("layer1",))}
    for step in range(12):
        values = {"grad_norm": np.array([1, 2], np.float32), "output_rms": np.ones(1, np.float32)}
        recording.add(StepRecord(step, 2.0 - step / 10, np.nan, 0.1 * step, values), held)
    recording._write()
    app = race_page(recording.run_id)
    assert errors(app) == []
    assert titles(app)[0] == "mine"
    assert "in another program" in text(app)
    assert "its link with controls" not in text(app)
    assert not has_button(app, "race_stop")
    (curves,) = [own["curves"] for own in stage(app)["records"]]
    loss, accuracy = (
        np.frombuffer(b64decode(curves[name]), "<f4") for name in ("loss", "accuracy")
    )
    assert loss == pytest.approx([2.0 - step / 10 for step in range(12)])
    assert np.isnan(accuracy).all()
    recording.finish("failed", "ValueError: odd")
    app = race_page(recording.run_id)
    assert errors(app) == [plain("mine failed: ValueError: odd")]


def test_store_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "file"))
    (error,) = errors(race_page())
    assert "file" in error
    assert "Traceback" not in error


def test_records_stay_when_the_store_goes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    race_id = finished(lab, steps=3, names=("mine",))
    app = race_page(race_id)
    (lab.home / "lab.sqlite3").unlink()
    for extra in lab.home.glob("lab.sqlite3-*"):
        extra.unlink()
    app.run()
    assert notes(app) == {"mine": ""}
    assert stage(app)["over"]
    assert len(errors(app)) == 1


def test_damaged_store_is_set_aside_and_said(home: Path) -> None:
    home.mkdir()
    (home / "lab.sqlite3").write_bytes(b"this is no database" * 1000)
    app = race_page()
    assert "set aside" in app.warning[0].value
    assert not app.button(key="race_start").disabled


def test_streamlits_own_charts_stand_in_for_a_missing_script(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not race_page().get("plotly_chart")
    monkeypatch.setattr("resnet_viz.ui.components.charts.chart_scripts.are_served", lambda: False)
    app = race_page()
    assert errors(app) == []
    assert len(app.get("plotly_chart")) == 4


def test_pages_do_not_load_torch(home: Path) -> None:
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=90).run()\n"
        "app.switch_page('pages/race.py').run()\n"
        "assert not app.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
