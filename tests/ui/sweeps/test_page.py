"""The Sweeps page, run by Streamlit's AppTest: on a lab whose runs nobody works on, and on the
cells of a sweep that was trained."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.findings.sweeps.grid import grid_of
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.sweeps import Sweep, frame
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from resnet_viz.ui.pages.sweeps import own_sweep
from resnet_viz.ui.pages.sweeps.axis_values import read_values, seeds_of
from resnet_viz.ui.pages.sweeps.own_sweep import read_file
from resnet_viz.ui.pages.sweeps.sweep_table import refresh_seconds
from tests.findings.swept import spec, trained
from tests.ui.headings import titles

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    return Lab(tmp_path / "home")


@pytest.fixture
def swept(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """A sweep that was trained elsewhere, 29 of its 30 cells over; its id."""
    cells, histories = trained(lambda cell: cell.number != 29)
    one = Sweep("swept", "Depth", spec(), "running", 1.7e9, cells, 61.0)
    read = Lab.get_sweep
    monkeypatch.setattr(
        Lab,
        "get_sweep",
        lambda lab, id: one if id == "swept" else read(lab, id),
    )
    monkeypatch.setattr(
        "resnet_viz.findings.sweeps.records.SweepRecords.of",
        lambda records, cells, live=False: (histories, 0),
    )
    monkeypatch.setattr(Lab, "sweep_table", lambda lab, id: frame(one))
    return one.id


def sweeps_page(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for name, text in link.items():
        app.query_params[name] = text
    return drawn(app.switch_page("pages/sweeps.py").run())


def drawn(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """All that it says, without the escapes of Markdown."""
    return "\n".join(element.value for element in (*app.markdown, *app.warning)).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    (button,) = (one for one in app.button if one.label == label)
    return drawn(button.click().run())


def test_a_ready_sweep_is_one_press_away_and_begins_once(lab: Lab) -> None:
    app = sweeps_page()
    assert "No sweeps yet" in text(app)
    for ready in ready_sweeps().values():
        assert ready.name in text(app)
        assert not [cell for cell in ready.spec.cells() if cell.spec is None]
    assert "60 runs, about" in text(app)
    app = press(app, "Start Depth hurts plain nets")
    (begun,) = lab.sweeps()
    assert titles(app) == ["Depth hurts plain nets"]
    assert app.query_params["sweep"] == begun.id
    assert "None of 60 runs is over yet." in text(app)
    app = press(press(app, "All sweeps"), "Start Depth hurts plain nets")
    assert [sweep.id for sweep in lab.sweeps()] == [begun.id]
    app = press(app, "Pause")
    assert lab.get_sweep(begun.id).status == "paused"
    app = press(press(app, "Resume"), "Stop")
    assert lab.get_sweep(begun.id).status == "stopped"
    app = press(press(app, "All sweeps"), "Depth hurts plain nets")
    assert titles(app) == ["Depth hurts plain nets"]
    press(app, "Delete sweep")
    assert not lab.sweeps()


def test_a_link_to_a_ready_sweep_puts_it_before_the_others(lab: Lab) -> None:
    app = sweeps_page(ready="shortcut-transforms")
    wanted = ready_sweeps()["shortcut-transforms"].name
    starts = [one.label for one in app.button if one.label.startswith("Start ")]
    assert starts[0] == f"Start {wanted}"
    assert len(starts) == len(ready_sweeps()) + len(["Start sweep"])
    assert app.query_params["ready"] == "shortcut-transforms"
    app = press(app, f"Start {wanted}")
    assert "sweep" in app.query_params
    assert "ready" not in app.query_params
    assert not sweeps_page(ready="degradation").error
    app = sweeps_page(ready="degradatoin")
    assert "unknown ready sweep 'degradatoin'; did you mean 'degradation'?" in app.error[0].value


def test_what_a_sweep_shows_and_its_link(swept: str) -> None:
    app = sweeps_page(sweep=swept, picture="map", x="plain", end="eval_loss")
    said = text(app)
    assert "29 of 30 runs are over: 29 learnt." in said
    assert "Residual nets end with a lower training loss than plain nets" in said
    assert "1 planned comparison still needs more runs." in said
    assert app.get("progress")[0].value == pytest.approx(100 * 29 / 30, abs=1)
    assert app.segmented_control[0].value == "map"
    shown = {box.label: box.value for box in app.selectbox}
    assert shown == {"Horizontal axis": "plain", "Vertical axis": "depths", "Colour": "eval_loss"}
    app = drawn(app.segmented_control[0].set_value("seeds").run())
    assert app.query_params["picture"] == "seeds"
    assert "The bar is their median." in text(app)
    for picture in ("along", "curves", "parallel"):
        app = drawn(app.segmented_control[0].set_value(picture).run())
    assert len(app.dataframe[0].value) == 30


def test_a_link_to_no_sweep(lab: Lab) -> None:
    app = sweeps_page(sweep="nothing", picture="what")
    assert "there is no sweep with the id 'nothing'" in app.error[0].value
    assert "No sweeps yet" in text(press(app, "All sweeps"))


def test_a_visitor_looks_and_steers_their_own(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    other = lab.sweep(ready_sweeps()["degradation"].spec)
    monkeypatch.setattr("resnet_viz.ui.pages.sweeps.sweep_access.is_owner", lambda: False)
    app = sweeps_page()
    assert "No sweeps yet" in text(app)
    app = sweeps_page(sweep=other)
    assert not [one for one in app.button if one.label in ("Pause", "Stop", "Delete sweep")]
    app = sweeps_page(sweep=other, steer=lab.steering_key(other))
    press(app, "Pause")
    assert lab.get_sweep(other).status == "paused"
    assert "steer" not in app.query_params


def test_a_visitor_has_no_large_sweep_looked_through(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resnet_viz.ui.pages.sweeps.own_sweep.is_owner", lambda: False)
    app = sweeps_page()
    app.text_input(key="sweeps_seeds").set_value("0-99").run()
    assert "Start at most 60 here" in text(app)


def test_a_sweep_that_cannot_be_read_is_listed_and_deleted(lab: Lab) -> None:
    bad = lab.sweep(ready_sweeps()["degradation"].spec)
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE sweeps SET spec = '{}'")
    app = sweeps_page()
    assert "it cannot be read" in text(app)
    app = sweeps_page(sweep=bad)
    assert "cannot be read, but it can be deleted" in app.error[0].value
    press(press(app, "Stop"), "Delete sweep")
    assert not lab.sweeps()


def test_a_gallery_shows_and_starts_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = lab.sweep(ready_sweeps()["degradation"].spec)
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    app = sweeps_page()
    assert [one.label for one in app.button] == ["Depth hurts plain nets"]
    app = press(app, "Depth hurts plain nets")
    assert app.query_params["sweep"] == begun
    assert [one.label for one in app.button] == ["All sweeps"]


def test_a_sweep_of_ones_own(lab: Lab) -> None:
    app = sweeps_page()
    app.multiselect(key="sweeps_axes").set_value(["lr", "shortcut"]).run()
    app.text_input(key="sweeps_values_lr").set_value("0.01, x").run()
    assert "use numbers such as 0.1, not 'x'" in text(app)
    app.text_input(key="sweeps_values_lr").set_value("0.01, nan").run()
    assert "use numbers such as 0.1, not 'nan'" in text(app)
    app.text_input(key="sweeps_values_lr").set_value("0.01, 0.1").run()
    app.multiselect(key="sweeps_values_shortcut").set_value(["none", "zero_pad"]).run()
    app.text_input(key="sweeps_seeds").set_value("0-999").run()
    assert "4,000 runs are too many for this page" in text(app)
    app.text_input(key="sweeps_seeds").set_value("0-1").run()
    app = drawn(app.number_input(key="sweeps_steps").set_value(5).run())
    assert "8 runs, about" in text(app)
    press(app, "Start sweep")
    (begun,) = lab.sweeps()
    assert begun.spec.axes == {"lr": (0.01, 0.1), "shortcut": ("none", "zero_pad")}
    assert begun.spec.seeds == (0, 1)
    assert {run.steps for run in begun.spec.runs()} == {5}


def test_nets_too_large_to_plan_while_one_waits_are_counted_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = {"depths": [[10_000, 1, number] for number in range(1, 9)], "plain": [False, True]}
    large = SweepSpec(base=spec().base, axes=deep)
    counted = own_sweep._blocks(large)
    assert counted == sum(sum(run.config.depths) for run in large.runs())
    looked: list[SweepSpec] = []
    monkeypatch.setattr(Lab, "expected_sweep", lambda lab, one: looked.append(one))
    said: list[str] = []
    monkeypatch.setattr(own_sweep.message_box, "warning", said.append)
    monkeypatch.setattr(own_sweep, "is_owner", lambda: True)
    own_sweep._offer(lab, large, "file")
    assert f"{counted:,} blocks together, too many for this page" in said[0]
    assert looked == []


def test_heights_and_widths_may_be_an_axis(lab: Lab) -> None:
    app = sweeps_page()
    app.multiselect(key="sweeps_axes").set_value(["image_size"]).run()
    app = drawn(app.text_input(key="sweeps_values_image_size").set_value("8, 12x8").run())
    press(app, "Start sweep")
    (begun,) = lab.sweeps()
    assert [run.adapted.image_size for run in begun.spec.runs()][:2] == [8, (12, 8)]
    grid = grid_of(lab.get_sweep(begun.id).cells)
    assert grid.axis("image_size").phrase(1) == "image size 12x8"


def test_refused_combinations_are_said_beforehand(lab: Lab) -> None:
    app = sweeps_page()
    app.multiselect(key="sweeps_axes").set_value(["plain", "shortcut_transform"]).run()
    app = drawn(
        app.multiselect(key="sweeps_values_shortcut_transform").set_value(["conv1x1"]).run()
    )
    assert "Left out: 3 runs, because a plain net has no shortcuts" in text(app)
    assert "3 runs, about" in text(app)


def test_values_as_they_are_written() -> None:
    base = spec().base.config
    assert seeds_of("0-2, 7") == (0, 1, 2, 7)
    assert read_values("depths", ["1", "2-3-4"], base) == ((1, 1, 1), (2, 3, 4))
    assert read_values("batch_size", ["32", "64"], base) == (32, 64)
    assert read_values("plain", ["true", "false"], base) == (True, False)
    assert read_values("image_size", ["8", "12x8", "9 x 9"], base) == (8, (12, 8), 9)
    for size in ("12x", "0", "8-12"):
        with pytest.raises(ValueError, match="use image sizes such as 32 or 128x64, not"):
            read_values("image_size", [size], base)
    for texts in (["-1"], ["1-"], ["2-1"], ["0-99999"], ["²"]):
        with pytest.raises(ValueError, match=r"whole numbers|range"):
            read_values("steps", texts, base)
    with pytest.raises(ValueError, match="blocks per stage"):
        read_values("depths", ["one"], base)


@pytest.mark.parametrize("where", ["base", "axes"])
def test_a_file_cannot_name_a_folder_of_the_server(where: str, tmp_path: Path) -> None:
    """It is refused before it is looked at, whether it is there or not."""
    whole = json.loads(spec().model_dump_json())
    assert read_file(json.dumps(whole).encode()) == spec()
    if where == "base":
        whole["base"]["dataset"] = f"folder:{tmp_path}"
    else:
        whole["axes"]["dataset"] = ["digits", f"folder:{tmp_path}"]
    with pytest.raises(ValueError, match=r"dataset = 'folder:.*: use 'digits'"):
        read_file(json.dumps(whole).encode())
    texts = (b"[]", b"{", b"{}", b'{"base": 1, "axes": 2}', b'{"axes": {"dataset": 3}}')
    for text in (*texts, b"[" * 100_000):
        with pytest.raises(ValueError):  # noqa: PT011  each has words of its own
            read_file(text)


def test_nothing_is_compared_where_no_axis_has_two_values(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = trained()[0][0]
    alone = Sweep("one", "One", spec(), "finished", 1.7e9, (one,), 0.0)
    monkeypatch.setattr(Lab, "get_sweep", lambda lab, id: alone)
    monkeypatch.setattr(Lab, "sweep_table", lambda lab, id: DataFrame())
    assert "nothing to compare" in sweeps_page(sweep="one").info[0].value


def test_a_sweep_of_many_cells_is_read_less_often() -> None:
    def seconds(cells: int) -> float:
        now = Sweep("id", "name", spec(), "running", 0.0, [Mock()] * cells, None)
        return refresh_seconds(2.0, now)

    assert [seconds(cells) for cells in (1, 1000, 5000)] == [2.0, 2.0, 10.0]
