"""The Race page, run by Streamlit's AppTest on a lab of its own."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.lab.experiments import EXPERIMENTS
from resnet_viz.lab.quantities import quantity
from resnet_viz.lab.quantities.quantity import Along
from resnet_viz.lab.recording import Recording
from resnet_viz.lab.records import StepRecord
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.store import Store, StoreError
from resnet_viz.plots.colours import DARK, PLAIN, RESIDUAL
from resnet_viz.ui.common.jobs import Asked
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.common.net import Shown
from tests.lab.conftest import end, tiny_spec, wait_until
from tests.lab.data.conftest import write_image

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    # A test presses and looks faster than anybody.
    monkeypatch.setattr("resnet_viz.lab.feed.READ_SECONDS", 0.0)
    # AppTest has no browser, and a mock in place of its cookies.
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    return tmp_path / "home"


@pytest.fixture
def lab(home: Path) -> Iterator[Lab]:
    """The lab that the page under test uses; no process outlives the test."""
    one = Lab(home)
    yield one
    end(one)


def race_page(link: str = "", key: str = "") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    if link:
        app.query_params["race"] = link
    if key:
        app.query_params["steer"] = key
    return app.switch_page("pages/race.py").run()


def steering(lab: Lab, race_id: str) -> AppTest:
    return race_page(race_id, lab.steering_key(race_id))


def set_number(app: AppTest, field: str, value: float) -> AppTest:
    return app.number_input(key=f"race_{field}").set_value(value).run()


def errors(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value for error in app.error]


def text(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.value for element in app.markdown)


def shown(app: AppTest, component: str) -> dict[str, Any]:
    """What our own component `component` was last given to show."""
    assert not app.exception
    protos = [element.proto for element in app.get("bidi_component")]
    (found,) = [p for p in protos if p.component_name == f"resnet_viz_{component}"]
    return dict(json.loads(found.json))


def statuses(app: AppTest) -> dict[str, str]:
    return {net["name"]: net["status"] for net in shown(app, "progress")["nets"]}


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
        ("batch_size", 5000, "batch_size = 5000 is more than the 1500 training images"),
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
    assert "Gradient norm by layer and step" in [heading.value for heading in app.header]
    assert app.number_input(key=f"race_{field}").value == value
    default = RunSpec.model_fields[field].default
    assert errors(set_number(app, field, default)) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nesterov": True, "momentum": 0.0}, "nesterov = True needs optimizer = 'sgd'"),
        ({"schedule": "cosine", "warmup_steps": 60}, "leaves none of the 60 steps"),
        ({"subset": 20}, "batch_size = 64 is more than the 20 images of the subset"),
        ({"precision": "tf32"}, "precision = 'tf32' is for CUDA devices alone"),
        ({"clip_grad_norm": 0.0}, "clip_grad_norm = 0.0"),
    ],
)
def test_invalid_combination_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("resnet_viz.lab.ready.expected_device", lambda _: "cpu")
    app = race_page()
    for field, value in fields.items():
        kinds = {str: app.selectbox, bool: app.checkbox}
        kinds.get(type(value), app.number_input)(key=f"race_{field}").set_value(value)
    (error,) = errors(app.run())
    assert plain(words) in error
    assert app.button(key="race_start").disabled


def test_data_sets_that_are_not_here_say_so_and_can_be_fetched(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_VIZ_DATA", str(tmp_path))
    write_image(tmp_path / "pets" / "cat" / "1.png", (9, 9))
    write_image(tmp_path / "pets" / "dog" / "1.png", (9, 9))
    asked: list[object] = []

    def no_network(lab: Lab, kind: str, request: object, **_: object) -> str:
        asked.append((kind, request))
        raise ValueError("CIFAR-10 cannot be downloaded")

    monkeypatch.setattr(Lab, "submit", no_network)
    app = race_page()
    box = app.selectbox(key="race_dataset")
    assert box.options[0] == "digits"
    assert {"cifar10 (not here)", "noise", "pets"} < set(box.options)
    assert not has_button(app, "race_download")
    app = box.set_value("cifar10").run()
    assert plain("dataset = 'cifar10' is not in ") in errors(app)[0]
    assert app.button(key="race_start").disabled
    assert app.button(key="race_download").label == "Download CIFAR-10 (170 MB)"
    app = app.button(key="race_download").click().run()
    assert asked == [("data", {"name": "cifar10", "download": True})]
    assert "CIFAR-10 cannot be downloaded" in errors(app)
    app = app.selectbox(key="race_dataset").set_value(f"folder:{tmp_path / 'pets'}").run()
    assert errors(app) == []
    assert [spec.classes for spec in app.session_state["race_specs"]] == [2, 2]
    found = {"classes": 2, "train": 1, "test": 0, "unreadable": ["dog/<b>1</b>.png"]}
    about = f"folder:{tmp_path / 'pets'}"
    app.session_state["job_of_folder"] = Asked(about, is_over=True, done=found)
    app = app.run()
    assert has_button(app, "race_look")
    (said,) = [warning.value for warning in app.warning]
    assert plain("1 file that cannot be read is left out: dog/<b>1</b>.png.") in said
    assert app.run().warning
    app = app.selectbox(key="race_dataset").set_value("noise").run()
    assert not app.warning
    assert not has_button(app, "race_look")
    gone = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    gone.session_state["race_dataset"] = "folder:/no/longer/there"
    app = gone.switch_page("pages/race.py").run()
    assert app.selectbox(key="race_dataset").value == "digits"
    assert errors(app) == []


@pytest.mark.parametrize(("net", "size"), [("resnet18", 32), ("resnet50", 32), ("wrn16-4", 8)])
def test_images_get_the_size_that_fits_and_it_is_said(home: Path, net: str, size: int) -> None:
    app = race_page().selectbox(key="race_first_net").set_value(net).run()
    assert errors(app) == []
    assert preset(net).smallest_image_size <= size
    assert (f"to **{size}x{size}** pixels" in text(app)) == (size != 8)
    assert app.number_input(key="race_image_size").proto.placeholder == f"auto: {size}"
    assert not app.button(key="race_start").disabled
    set_number(app, "image_size", 48)
    assert "Images are resized" not in text(app)
    (error,) = errors(set_number(app, "image_size", 1))
    assert plain("image_size = 1") in error


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


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_experiment_is_pressed_by_name(home: Path, name: str) -> None:
    app = set_number(race_page(), "lr", 0.5)
    app.pills(key="race_experiment").set_value(name).run()
    assert errors(app) == []
    assert f"**{name}**: " in text(app)
    assert app.number_input(key="race_lr").value == EXPERIMENTS[name].training.get("lr", 0.01)
    assert app.selectbox(key="race_first_net").disabled
    specs = app.session_state["race_specs"]
    assert [spec.config for spec in specs] == [e.config for e in EXPERIMENTS[name].entries]
    assert len({spec.name for spec in specs}) == len(specs)
    assert not app.button(key="race_start").disabled
    app.pills(key="race_experiment").set_value(None).run()
    assert len(app.session_state["race_specs"]) == 2


def test_one_press_adds_a_relative_and_another_takes_it_away(home: Path) -> None:
    app = race_page()
    net = preset("resnet56-cifar")
    added = {
        "No norm": revise(net, norm="none"),
        "Pre-activation": revise(net, activation_order="full_preactivation"),
        "Option B": revise(net, shortcut="projection"),
        "Dropout shortcut": revise(net, shortcut_transform="dropout"),
    }
    assert app.button(key="race_add_Twin").disabled, "the plain twin is there already"
    assert app.button(key="race_add_Option A").disabled
    for relative in added:
        app = app.button(key=f"race_add_{relative}").click().run()
    assert errors(app) == []
    specs = app.session_state["race_specs"]
    assert [spec.config for spec in specs[2:]] == list(added.values())
    assert [spec.name for spec in specs[2:4]] == [
        "resnet56-cifar, norm none",
        "resnet56-cifar, activation_order full_preactivation",
    ]
    assert "differ in **shortcut** (none: " in text(app)
    assert "; else zero_pad)" in text(app)
    app = app.button(key="race_remove_1").click().run()
    assert [spec.config for spec in app.session_state["race_specs"][2:]] == [
        config for relative, config in added.items() if relative != "Pre-activation"
    ]
    app = app.selectbox(key="race_add_preset").set_value("resnet20-cifar").run()
    assert [spec.name for spec in app.session_state["race_specs"]][-1] == "resnet20-cifar"
    app = app.selectbox(key="race_second_net").set_value("no second net").run()
    assert len(app.session_state["race_specs"]) == 5
    app.text_area(key="race_json").set_value('{"depths": [0]}')
    (error,) = errors(app.button(key="race_add_json").click().run())
    assert plain("This is no configuration: ") in error
    small = revise(net, depths=(1, 1, 1))
    app.text_area(key="race_json").set_value(small.model_dump_json())
    app = app.button(key="race_add_json").click().run()
    assert errors(app) == []
    assert app.session_state["race_specs"][-1].config == small
    assert not app.button(key="race_start").disabled


def test_what_differs_is_said_above_the_pictures_also_of_the_training(lab: Lab) -> None:
    specs = [tiny_spec(lr=rate, name=f"lr {rate}", steps=1) for rate in (0.1, 0.2)]
    app = race_page(lab.race(specs))
    assert "Both nets are the same. They train with different **lr** (0.1, 0.2)." in text(app)
    assert "same curves" not in text(app)
    app = race_page(lab.race([specs[0], specs[0].model_copy(update={"name": "again"})]))
    assert "they should draw the same curves" in text(app)


def test_each_net_is_trained_from_each_seed(lab: Lab) -> None:
    app = race_page()
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    app.number_input(key="race_seeds").set_value(2)
    app.selectbox(key="race_pace").set_value(0.5)
    app.number_input(key="race_seed").set_value(7)
    app.button(key="race_start").click().run()
    assert errors(app) == []
    runs = lab.race_runs("".join(app.query_params["race"]))
    assert [(run.name, run.seed, run.pace) for run in runs] == [
        (name, seed, 0.5) for seed in (7, 8) for name in ("resnet20-cifar", "plain20-cifar")
    ]
    assert app.title[0].value == plain("resnet20-cifar against plain20-cifar")
    assert plain("seeds 7, 8") in text(app)
    assert "differ in **shortcut** (zero_pad and none) and in nothing else." in text(app)


def test_rates_differ_in_the_experiment_on_them(home: Path) -> None:
    app = race_page().pills(key="race_experiment").set_value("The rate").run()
    assert [spec.lr for spec in app.session_state["race_specs"]] == [0.01, 0.01, 0.1, 0.1]


@pytest.mark.parametrize("changed", [{}, {"race_steps": 2}])
def test_a_press_starts_what_is_chosen_once(lab: Lab, changed: dict[str, int]) -> None:
    """Also a setting that is changed at the moment of the press."""
    app = set_number(race_page(), "steps", 3)
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    for key, value in changed.items():
        app.number_input(key=key).set_value(value)
    app.button(key="race_start").click().run()
    assert [run.spec.steps for run in lab.list()] == [changed.get("race_steps", 3)] * 2


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
    assert app.title[0].value == plain("resnet20-cifar against plain20-cifar")
    assert [box.key for box in app.selectbox] == ["race_quantity", "race_slow"]
    assert shown(app, "progress")["headline"].startswith("Before the first step")
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)))
    ends = [(run.status, run.message) for run in lab.race_runs(race_id)]
    assert ends == [("finished", ""), ("finished", "")]
    app.run()
    assert statuses(app)["plain20-cifar"] == "finished"
    colours = [net["colours"] for net in shown(app, "progress")["nets"]]
    assert colours == [[RESIDUAL, DARK[RESIDUAL]], [PLAIN, DARK[PLAIN]]]
    assert "3 steps" in shown(app, "progress")["headline"]
    assert "What happened" in [heading.value for heading in app.header]
    table = app.table[0].value
    assert list(table.columns) == ["", "resnet20-cifar", "plain20-cifar"]
    last = lab.records(runs[1].id)[-1]
    assert table.set_index("").loc["last loss", "plain20-cifar"] == f"{last.loss:.4g}"
    assert app.get("download_button")
    assert shown(app, "step_control")["step"] == 2
    app.button(key="race_next").click().run()
    assert errors(app) == []
    assert "Next race" in [heading.value for heading in app.header]
    assert app.number_input(key="race_steps").value == 3
    assert not app.button(key="race_start").disabled


def test_stop_keeps_what_was_measured(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="one"), tiny_spec(steps=1_000_000)])
    app = steering(lab, race_id)
    assert has_button(app, "race_stop")
    wait_until(lambda: all(run.steps_done > 2 for run in lab.race_runs(race_id)))
    began = time.monotonic()
    app.button(key="race_stop").click().run()
    assert all(run.status == "stopped" for run in lab.race_runs(race_id))
    assert time.monotonic() - began < 5
    assert statuses(app)["one"] == "stopped"
    assert "What happened" in [heading.value for heading in app.header]


def test_pause_step_resume(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)])
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > 0)
    app = steering(lab, race_id)
    app.button(key="race_Pause").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].status == "paused")
    paused_at = lab.race_runs(race_id)[0].steps_done
    app.run()
    app.button(key="race_Single step").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done == paused_at + 1)
    app.run()
    app.button(key="race_Resume").click().run()
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > paused_at + 2)


def test_slow_motion_is_set_while_it_goes(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)] * 2, pace=3)
    app = steering(lab, race_id)
    assert app.selectbox(key="race_slow").value == 3
    assert plain("3 steps a second") in plain(str(app.selectbox(key="race_slow").options))
    app.selectbox(key="race_slow").set_value(1.0).run()
    assert errors(app) == []
    assert [run.pace for run in lab.race_runs(race_id)] == [1.0, 1.0]
    lab.slow(race_id, None)
    assert app.run().selectbox(key="race_slow").value == 0.0


def test_again_from_the_same_seeds_and_from_the_next(lab: Lab) -> None:
    specs = [tiny_spec(steps=1_000_000, seed=seed, name=f"n{seed}") for seed in (3, 5)]
    first = lab.race(specs, pace=2)
    app = steering(lab, first)
    app.button(key="race_again_Next seed").click().run()
    assert errors(app) == []
    second = "".join(app.query_params["race"])
    assert {run.status for run in lab.race_runs(first)} == {"stopped"}
    assert [(run.name, run.seed, run.pace) for run in lab.race_runs(second)] == [
        ("n3", 6, 2.0),
        ("n5", 7, 2.0),
    ]
    assert has_button(app, "race_stop")
    app.button(key="race_again_Same seed").click().run()
    third = "".join(app.query_params["race"])
    assert [run.spec for run in lab.race_runs(third)] == [run.spec for run in lab.race_runs(second)]
    stranger = race_page(third)
    assert not has_button(stranger, "race_again_Same seed")
    lab.stop(third)
    assert has_button(race_page(third), "race_again_Same seed")


def test_the_link_holds_what_is_looked_at(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=5)])
    wait_until(lambda: lab.race_runs(race_id)[0].is_over)
    app = race_page(race_id)
    assert list(app.query_params) == ["race"]
    app.selectbox(key="race_quantity").set_value("update_ratio").run()
    app.button(key="race_next").click().run()
    app.button(key="race_present").click().run()
    query = {key: "".join(values) for key, values in app.query_params.items()}
    assert query == {"race": race_id, "quantity": "update_ratio", "open": "next", "present": "1"}
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in {**query, "step": "2", "present": "0"}.items():
        other.query_params[key] = value
    other.switch_page("pages/race.py").run()
    assert errors(other) == []
    assert other.selectbox(key="race_quantity").value == "update_ratio"
    assert has_button(other, "race_start"), "the panel of the next race is open"
    control = shown(other, "step_control")
    assert (control["step"], control["follows"], control["keys"]) == (2, False, "")


def test_a_view_that_is_none_is_left_out(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=2)])
    wait_until(lambda: lab.race_runs(race_id)[0].is_over)
    for query in ({"quantity": "nonsense"}, {"quantity": "eval_loss"}, {"step": "²"}):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
        for key, value in {"race": race_id, "open": "<b>", **query}.items():
            app.query_params[key] = value
        app.switch_page("pages/race.py").run()
        assert errors(app) == []
        assert app.selectbox(key="race_quantity").value == "grad_norm"
        assert shown(app, "step_control")["follows"]


def test_present_mode_has_no_settings(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in {"race": race_id, "present": "1", "open": "next"}.items():
        app.query_params[key] = value
    app.query_params["steer"] = lab.steering_key(race_id)
    app.switch_page("pages/race.py").run()
    assert errors(app) == []
    assert [button.key for button in app.button] == []
    assert shown(app, "step_control")["keys"] == "arrows"
    assert shown(app, "keys")["keys"] == ["p", "Escape", " "]
    lab.stop(race_id)
    app.run()
    assert shown(app, "step_control")["keys"] == "all"
    assert shown(app, "keys")["keys"] == ["p", "Escape"]


BUTTONS = ("race_stop", "race_Pause", "race_Single step", "race_Resume")


@pytest.mark.parametrize("key", ["", "x" * 43, "é"])
def test_link_alone_only_shows(lab: Lab, key: str) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    other = lab.race([tiny_spec(steps=1, name="other")])
    app = race_page(race_id, key or lab.steering_key(other))
    assert "mine" in statuses(app)
    assert not any(has_button(app, button) for button in BUTTONS)
    assert not [code.value for code in app.code if "steer=" in code.value]
    assert "steer" not in app.query_params


def test_link_with_controls_steers_and_leaves_the_address(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    app = steering(lab, race_id)
    assert has_button(app, "race_stop")
    assert "steer" not in app.query_params
    assert f"race={race_id}" in app.code[0].value
    assert "steer" not in app.code[0].value
    assert f"steer={lab.steering_key(race_id)}" in app.code[1].value
    assert has_button(app.run(), "race_stop")


def forget(lab: Lab, race_id: str) -> None:
    """Takes a race out of the store, as another version's clean-up may."""
    with sqlite3.connect(lab.home / "lab.sqlite3") as connection:
        connection.execute("DELETE FROM records")
        connection.execute("DELETE FROM runs WHERE race_id = ?", (race_id,))


def test_press_on_a_race_that_is_gone(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > 0)
    app = steering(lab, race_id)
    lab.stop(race_id)
    forget(lab, race_id)
    app.button(key="race_Pause").click().run()
    assert "no longer in the store" in errors(app)[0]
    assert statuses(app)["mine"] in ("gone", "stopped")
    assert not any(has_button(app, button) for button in BUTTONS)
    assert not errors(race_page())


def test_refusal_stays_until_it_is_dismissed_or_a_press_succeeds(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000, name="mine")])
    wait_until(lambda: lab.race_runs(race_id)[0].steps_done > 0)
    app = steering(lab, race_id)

    def refuse(_: Lab, id: str) -> None:  # noqa: A002
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Lab, "pause", refuse)
        app.button(key="race_Pause").click().run()
        assert errors(app.run()) == [plain("Pause did nothing: the disk is full")]
        app.button(key="race_dismiss").click().run()
        assert errors(app.run()) == []
        app.button(key="race_Pause").click().run()
    assert errors(app.run()) == [plain("Pause did nothing: the disk is full")]
    app.button(key="race_Pause").click().run()
    assert errors(app.run()) == []


@pytest.mark.parametrize("link", ["nonsense", "", "x" * 5000, "'; DROP TABLE runs; --", "é\u0000"])
def test_link_to_no_race(lab: Lab, link: str) -> None:
    app = race_page(link or " ")
    assert len(app.warning) == 1
    assert "cannot be shown" in app.warning[0].value
    assert errors(app) == []
    assert "race" not in app.query_params
    assert not app.button(key="race_start").disabled


def test_ids_with_two_underscores(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """token_urlsafe makes such ids; Streamlit refuses them in the keys of components."""
    ids = iter(["_a__b_", "_c__d_"])
    monkeypatch.setattr("resnet_viz.lab.run.secrets.token_urlsafe", lambda _: next(ids))
    race_id = lab.race([tiny_spec(steps=1, name="mine")])
    assert "__" in race_id
    assert "mine" in statuses(steering(lab, race_id))


def test_another_session_needs_the_link(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1, name="mine")])
    assert "mine" in statuses(race_page(race_id))
    other = race_page()
    assert not [e for e in other.get("bidi_component") if "progress" in e.proto.component_name]
    assert other.info


def test_link_comes_back_after_a_page_switch(lab: Lab) -> None:
    app = race_page(lab.race([tiny_spec(steps=1, name="mine")]))
    app.switch_page("pages/architecture.py").run()
    app.query_params.clear()
    app.switch_page("pages/race.py").run()
    assert "mine" in statuses(app)
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
    assert "step 3 of 3" in shown(app, "progress")["nets"][0]["detail"]
    assert statuses(app) == {"mine": "finished"}
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


def test_any_quantity_of_the_race_can_be_shown(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=3), tiny_spec(steps=3, seed=1)])
    wait_until(lambda: all(run.is_over for run in lab.race_runs(race_id)))
    app = race_page(race_id)
    box = app.selectbox(key="race_quantity")
    held = lab.race_runs(race_id)[0].quantities
    assert box.value == "grad_norm"
    assert len(box.options) == len(held)
    for name, along in held.items():
        app = app.selectbox(key="race_quantity").select(name).run()
        assert not app.exception
        about = quantity(name)
        assert plain(about.sentence) in text(app)
        titles = [header.value for header in app.header]
        assert any(plain(about.title) in title.lower() for title in titles) == (along.axis != "net")


def test_a_watched_run_is_shown_and_cannot_be_steered(lab: Lab, home: Path) -> None:
    recording = Recording(Store(home), "mine", "torchvision.models.resnet.ResNet", 11, "cpu")
    held = {"grad_norm": Along("layer", ("conv1", "fc")), "output_rms": Along("block", ("layer1",))}
    for step in range(12):
        values = {"grad_norm": np.array([1, 2], np.float32), "output_rms": np.ones(1, np.float32)}
        recording.add(StepRecord(step, 2.0 - step / 10, np.nan, 0.1 * step, values), held)
    recording._write()
    app = race_page(recording.run_id)
    assert errors(app) == []
    assert app.title[0].value == "mine"
    assert "a program of its own" in text(app)
    assert not has_button(app, "race_stop")
    (net,) = shown(app, "progress")["nets"]
    assert net["detail"].startswith("step 12 ")
    assert "loss 0.9" in net["detail"]
    assert "accuracy" not in net["detail"]
    recording.finish("failed", "ValueError: odd")
    app = race_page(recording.run_id)
    assert errors(app) == [plain("mine failed: ValueError: odd")]
