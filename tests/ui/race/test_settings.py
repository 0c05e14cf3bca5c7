"""What is chosen before a race, and that this is what starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.lab.lab import Lab
from resnet_viz.ui.pages.race import again
from resnet_viz.ui.session.net import Shown
from resnet_viz.ui.widgets.job_progress import Asked
from resnet_viz.ui.widgets.markdown import plain
from tests.data.conftest import write_image
from tests.labs import tiny_spec
from tests.ui.headings import headers, titles
from tests.ui.race.conftest import (
    ROOT,
    address,
    errors,
    has_button,
    opened,
    race_page,
    set_number,
    text,
)


def test_defaults_are_those_of_a_run(home: Path) -> None:
    app, spec = race_page(), RunSpec(config=preset("resnet56-cifar"))
    for field in ("steps", "batch_size", "lr", "momentum", "seed", "weight_decay"):
        assert app.number_input(key=f"race_{field}").value == getattr(spec, field)
    assert app.text_input(key="race_image_size").value is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("steps", 0, "steps = 0"),
        ("batch_size", 5000, "batch_size = 5000 is more than the 1500 training images"),
        ("lr", -1.0, "lr = -1.0"),
        ("momentum", 1.0, "momentum = 1.0"),
        ("seed", -3, "seed = -3"),
    ],
)
def test_invalid_setting_is_one_sentence(home: Path, field: str, value: float, words: str) -> None:
    app = set_number(race_page(), field, value)
    (error,) = errors(app)
    assert plain(words) in error
    assert "\n" not in error
    assert app.button(key="race_start").disabled
    assert "Gradient norm by layer and step" in headers(app)
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
    monkeypatch.setattr("resnet_viz.scheduler.preflight.expected_device", lambda _: "cpu")
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
    for name in ("cat", "dog"):
        for number in range(6):
            write_image(tmp_path / "pets" / name / f"{number}.png", (9, 9), seed=number)
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
    assert app.number_input(key="race_batch_size").value == 4
    assert any("pets has 10 images to train on" in one.value for one in app.markdown)
    found = {"classes": 2, "train": 1, "test": 0, "unreadable": ["dog/<b>1</b>.png"]}
    found["remarks"] = ["left out by their endings (.txt): 'a.txt'"]
    about = f"folder:{tmp_path / 'pets'}"
    app.session_state["job_of_folder"] = Asked(about, is_over=True, done=found)
    app = app.run()
    assert has_button(app, "race_look")
    (said,) = [warning.value for warning in app.warning]
    assert plain("1 file that cannot be read is left out: dog/<b>1</b>.png. Left out by") in said
    assert app.run().warning
    app = app.selectbox(key="race_dataset").set_value("noise").run()
    assert not app.warning
    assert app.number_input(key="race_batch_size").value == 64
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
    assert app.text_input(key="race_image_size").proto.placeholder == f"auto: {size}"
    assert not app.button(key="race_start").disabled
    for written, chosen in (("48", 48), ("48x64", (48, 64)), (" 48 x 48", 48)):
        app.text_input(key="race_image_size").set_value(written).run()
        assert "Images are resized" not in text(app)
        assert {spec.image_size for spec in app.session_state["race_specs"]} == {chosen}
    for written in ("1", "1x64", "48 by 64"):
        (error,) = errors(app.text_input(key="race_image_size").set_value(written).run())
        assert plain(f"image_size = {written}" if "by" not in written else "48 by 64") in error
    assert errors(app.text_input(key="race_image_size").set_value("").run()) == []


def test_a_plain_nets_twin_is_residual(home: Path) -> None:
    app = race_page().selectbox(key="race_first_net").set_value("plain20-cifar").run()
    assert "Plain-20 has **no shortcuts**, ResNet-20 has **zero-padded shortcuts**" in text(app)
    assert not app.button(key="race_start").disabled


def test_net_of_the_architecture_page(home: Path) -> None:
    app = race_page()
    own = "the net from the Architecture page"
    net = revise(preset("resnet20-cifar"), norm="none")
    app.session_state["net_on_show"] = Shown(net, "resnet20-cifar", net)
    app.run()
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    app.selectbox(key="race_second_net").set_value(own).run()
    assert "ResNet-20 has **batch norm**" in text(app)


@pytest.mark.parametrize("name", list(starting_points()))
def test_experiment_is_pressed_by_name(home: Path, name: str) -> None:
    app = set_number(race_page(), "lr", 0.5)
    app.pills(key="race_experiment").set_value(name).run()
    assert errors(app) == []
    assert f"**{name}**: " in text(app)
    assert app.number_input(key="race_lr").value == starting_points()[name].training.get("lr", 0.01)
    assert app.selectbox(key="race_first_net").disabled
    specs = app.session_state["race_specs"]
    assert [spec.config for spec in specs] == [e.config for e in starting_points()[name].entries]
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
        "ResNet-56, no norm",
        "ResNet-56, full pre-activation",
    ]
    assert "differ only in **shortcuts** (no shortcuts: " in text(app)
    assert "; else zero-padded shortcuts)" in text(app)
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


def test_rates_differ_in_the_experiment_on_them(home: Path) -> None:
    app = race_page().pills(key="race_experiment").set_value("Two learning rates").run()
    assert [spec.lr for spec in app.session_state["race_specs"]] == [0.01, 0.01, 0.1, 0.1]


@pytest.mark.usefixtures("no_workers")
def test_what_differs_is_said_above_the_pictures_also_of_the_training(lab: Lab) -> None:
    specs = [tiny_spec(lr=rate, name=f"lr {rate}", steps=1) for rate in (0.1, 0.2)]
    app = race_page(lab.race(specs))
    assert (
        "Both networks are the same. They train with different **learning rate** (0.1, 0.2)."
        in text(app)
    )
    assert "same curves" not in text(app)
    app = race_page(lab.race([specs[0], specs[0].model_copy(update={"name": "again"})]))
    assert "they should draw the same curves, step for step" in text(app)
    seeds = [tiny_spec(seed=seed, name=f"seed {seed}", steps=1) for seed in (0, 1)]
    app = opened(runs=",".join(lab.race_runs(lab.race([spec]))[0].id for spec in seeds))
    assert "Both networks are the same. They start from different seeds." in text(app)
    assert "same curves" not in text(app)


@pytest.mark.usefixtures("no_workers")
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
    assert titles(app)[0] == "ResNet-20 against Plain-20"
    assert plain("seeds 7, 8") in text(app)
    assert "ResNet-20 has **zero-padded shortcuts**, Plain-20 has **no shortcuts**." in text(app)


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("changed", [{}, {"race_steps": 2}])
def test_a_press_starts_what_is_chosen_once(lab: Lab, changed: dict[str, int]) -> None:
    """Also a setting that is changed at the moment of the press."""
    app = set_number(race_page(), "steps", 3)
    app.selectbox(key="race_first_net").set_value("resnet20-cifar").run()
    for key, value in changed.items():
        app.number_input(key=key).set_value(value)
    app.button(key="race_start").click().run()
    assert [run.spec.steps for run in lab.list()] == [changed.get("race_steps", 3)] * 2


@pytest.mark.usefixtures("no_workers")
def test_a_run_of_the_script_that_is_cut_short_as_a_race_begins_loses_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a second press, say: Streamlit ends the run where it next touches the session."""
    whole = again.open_race
    pressed = iter([True])

    def cut(race_id: str) -> None:
        if next(pressed, False):
            raise RerunException(RerunData())
        whole(race_id)

    monkeypatch.setattr(again, "open_race", cut)
    app = set_number(race_page(), "steps", 3).button(key="race_start").click().run()
    (race_id,) = {run.race_id for run in lab.list()}
    assert address(app.run()) == {"race": race_id}
    assert has_button(app, "race_stop"), "it has the controls"
