"""The Race page, run by Streamlit's AppTest on a lab of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.common.net import Shown
from tests.lab.conftest import tiny_spec, wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def lab(home: Path) -> Iterator[Lab]:
    """The lab that the page under test uses; no worker outlives the test."""
    one = Lab(home)
    yield one
    for run in one.list():
        if not run.is_over:
            one.stop(run.id)


def race_page(link: str = "") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    if link:
        app.query_params["race"] = link
    return app.switch_page("pages/race.py").run()


def set_number(app: AppTest, field: str, value: float) -> AppTest:
    return app.number_input(key=f"race_{field}").set_value(value).run()


def errors(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value for error in app.error]


def text(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.value for element in app.markdown)


def has_button(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_invites_to_the_default_race(home: Path) -> None:
    app = race_page()
    assert app.selectbox(key="race_first_net").value == "resnet56-cifar"
    assert app.selectbox(key="race_second_net").value == "its twin"
    assert "Start race" in app.info[0].value
    assert "differ in **shortcut** (zero_pad and none)" in text(app)
    # 853,018 on CIFAR-10 (He et al. 2015, Table 6: 0.85M), less 2 input channels of 16 3x3 kernels.
    count = f"{853_018 - 2 * 16 * 9:,}"
    assert f"**{count}** and **{count}**, the same" in text(app)
    assert errors(app) == []
    assert not app.button(key="race_start").disabled
    assert not has_button(app, "race_stop")


def test_defaults_are_those_of_a_run(home: Path) -> None:
    app, spec = race_page(), RunSpec(config=preset("resnet56-cifar"))
    for field in ("steps", "batch_size", "lr", "momentum", "seed", "weight_decay", "image_size"):
        assert app.number_input(key=f"race_{field}").value == getattr(spec, field)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("steps", 0, "steps = 0"),
        ("batch_size", 5000, "batch_size = 5000 is more than the 1797 images"),
        ("lr", -1.0, "lr = -1.0"),
        ("momentum", 1.0, "momentum = 1.0"),
        ("seed", -3, "seed = -3"),
        ("image_size", 1, "image_size = 1"),
    ],
)
def test_invalid_setting_is_one_sentence(home: Path, field: str, value: float, words: str) -> None:
    app = set_number(race_page(), field, value)
    (error,) = errors(app)
    assert plain(words) in error
    assert "\n" not in error
    assert app.button(key="race_start").disabled
    assert "Gradient norm by layer" in [heading.value for heading in app.subheader]
    assert app.number_input(key=f"race_{field}").value == value
    default = RunSpec.model_fields[field].default
    assert errors(set_number(app, field, default)) == []


def test_net_too_large_for_the_images_names_the_size_that_fits(home: Path) -> None:
    app = race_page().selectbox(key="race_first_net").set_value("resnet50").run()
    (error,) = errors(app)
    smallest = preset("resnet50").smallest_image_size
    assert f"the smallest that fits is {smallest}" in error
    assert errors(set_number(app, "image_size", smallest)) == []


def test_a_plain_nets_twin_is_residual(home: Path) -> None:
    app = race_page().selectbox(key="race_first_net").set_value("plain20-cifar").run()
    assert "differ in **shortcut** (none and zero_pad)" in text(app)
    assert not app.button(key="race_start").disabled


def test_net_of_the_architecture_page(home: Path) -> None:
    app = race_page()
    own = "the net from the Architecture page"
    net = revise(preset("resnet20-cifar"), norm="none")
    app.session_state["net_on_show"] = Shown(net, "resnet20-cifar", net)
    app.run()
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    app.selectbox(key="race_second_net").set_value(own).run()
    assert "differ in **norm** (batch and none)" in text(app)


def test_race_from_start_to_results(lab: Lab) -> None:
    app = set_number(race_page(), "steps", 3)
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    app.button(key="race_start").click().run()
    assert errors(app) == []
    race_id = "".join(app.query_params["race"])
    runs = lab.race_runs(race_id)
    assert [run.name for run in runs] == ["resnet20-cifar", "plain20-cifar"]
    assert [run.spec.steps for run in runs] == [3, 3]
    assert has_button(app, "race_stop")
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)))
    ends = [(run.status, run.message) for run in lab.race_runs(race_id)]
    assert ends == [("finished", ""), ("finished", "")]
    app.run()
    assert "**plain20-cifar**: finished" in text(app)
    assert "What happened" in [heading.value for heading in app.subheader]
    assert "after 3 steps" in text(app).lower()
    table = app.table[0].value
    assert list(table.columns) == ["", "resnet20-cifar", "plain20-cifar"]
    last = lab.records(runs[1].id)[-1]
    assert table.set_index("").loc["last loss", "plain20-cifar"] == f"{last.loss:.4g}"
    assert app.get("download_button")
    assert app.slider[0].value == 2


def test_stop_keeps_what_was_measured(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="one"), tiny_spec(steps=1_000_000)])
    app = race_page(race_id)
    assert has_button(app, "race_stop")
    wait_until(lambda: all(run.steps_done > 2 for run in lab.race_runs(race_id)))
    began = time.monotonic()
    app.button(key="race_stop").click().run()
    assert all(run.status == "stopped" for run in lab.race_runs(race_id))
    assert time.monotonic() - began < 5
    assert "**one**: stopped" in text(app)
    assert has_button(app, "race_start")
    assert "What happened" in [heading.value for heading in app.subheader]


def test_pause_step_resume(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)])
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > 0)
    app = race_page(race_id)
    app.button(key="race_Pause").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].status == "paused")
    paused_at = lab.race_runs(race_id)[0].steps_done
    app.run()
    app.button(key="race_Single step").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done == paused_at + 1)
    app.run()
    app.button(key="race_Resume").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > paused_at + 2)


@pytest.mark.parametrize("link", ["nonsense", "", "x" * 5000, "'; DROP TABLE runs; --", "é\u0000"])
def test_link_to_no_race(lab: Lab, link: str) -> None:
    app = race_page(link or " ")
    assert len(app.warning) == 1
    assert "cannot be shown" in app.warning[0].value
    assert errors(app) == []
    assert "race" not in app.query_params
    assert not app.button(key="race_start").disabled


def test_another_session_needs_the_link(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1, name="mine")])
    assert "**mine**" in text(race_page(race_id))
    other = race_page()
    assert "**mine**" not in text(other)
    assert other.info


def test_link_comes_back_after_a_page_switch(lab: Lab) -> None:
    app = race_page(lab.race([tiny_spec(steps=1, name="mine")]))
    app.switch_page("pages/architecture.py").run()
    app.query_params.clear()
    app.switch_page("pages/race.py").run()
    assert "**mine**" in text(app)
    assert "race" in app.query_params


def test_store_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "file"))
    (error,) = errors(race_page())
    assert "file" in error
    assert "Traceback" not in error


def test_records_stay_when_the_store_goes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    race_id = lab.race([tiny_spec(steps=3, name="mine")])
    wait_until(lambda: lab.race_runs(race_id)[0].is_over)
    app = race_page(race_id)
    (lab.home / "lab.sqlite3").unlink()
    for extra in lab.home.glob("lab.sqlite3-*"):
        extra.unlink()
    app.run()
    assert "step 3 of 3" in str(app.get("progress")[0].proto)
    assert "**mine**: finished" in text(app)
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
    monkeypatch.setattr("resnet_viz.ui.common.live_chart.is_current", lambda _: False)
    app = race_page()
    assert errors(app) == []
    assert len(app.get("plotly_chart")) == 3


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
